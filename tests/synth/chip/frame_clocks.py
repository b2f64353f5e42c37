"""When the frame sequencer clocks, worked out by hand from its documentation, to the cycle."""

from synth.chip.hardware import NTSC, Region

# Cycle at which each half frame falls in the 4-step sequence.
NTSC_HALF_FRAMES = (14_913, 29_829)

PAL_HALF_FRAMES = (16_627, 33_253)


def half_frame_cycle(number: int, region: Region = NTSC) -> int:
    """Cycle of the half frame `number`, from 1 on, in the 4-step sequence."""
    halves = NTSC_HALF_FRAMES if region is NTSC else PAL_HALF_FRAMES
    return (number - 1) // 2 * (halves[1] + 1) + halves[(number - 1) % 2]


def quarter_frame_cycle(number: int) -> int:
    """Cycle of the quarter frame `number`, from 1 on, in the 4-step sequence of NTSC."""
    return (number - 1) // 4 * 29_830 + (7_457, 14_913, 22_371, 29_829)[(number - 1) % 4]
