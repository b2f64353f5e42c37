"""The regions of the 2A03 and the tables that are burnt into it."""

from dataclasses import dataclass
from typing import Final

from synth.errors import SynthError


@dataclass(frozen=True, slots=True)
class Region:
    """One variant of the chip and the clock it runs on.

    Attributes
    ----------
    name
        ``"ntsc"`` or ``"pal"``.
    clock_hz
        CPU clock, which the APU divides.
    frame_half_cycles
        CPU half-cycles from one vertical blank to the next, in which drivers are called. Twice the
        figure, because NTSC's is 29,780.5 cycles.
    noise_period_cycles
        Noise timer periods by the low four bits of $400E.
    dmc_period_cycles
        CPU cycles per output bit of the DMC by the low four bits of $4010.
    sequencer_4step_cycles, sequencer_5step_cycles
        CPU cycles after a sequencer reset at which its steps fall.

    References
    ----------
    NESdev wiki: "Cycle reference chart", "APU Noise", "APU DMC", "APU Frame Counter".
    """

    name: str
    clock_hz: int
    frame_half_cycles: int
    noise_period_cycles: tuple[int, ...]
    dmc_period_cycles: tuple[int, ...]
    sequencer_4step_cycles: tuple[int, int, int, int]
    sequencer_5step_cycles: tuple[int, int, int, int]

    @property
    def frame_hz(self) -> float:
        """Vertical blanks a second."""
        return 2.0 * self.clock_hz / self.frame_half_cycles

    def frame_cycle(self, frame: int) -> int:
        """CPU cycle at which video frame number `frame` begins."""
        return frame * self.frame_half_cycles // 2


NTSC: Final = Region(
    name="ntsc",
    clock_hz=1_789_773,
    frame_half_cycles=59_561,
    noise_period_cycles=(
        4, 8, 16, 32, 64, 96, 128, 160, 202, 254, 380, 508, 762, 1016, 2034, 4068,
    ),
    dmc_period_cycles=(428, 380, 340, 320, 286, 254, 226, 214, 190, 160, 142, 128, 106, 84, 72, 54),
    sequencer_4step_cycles=(7457, 14913, 22371, 29829),
    sequencer_5step_cycles=(7457, 14913, 22371, 37281),
)  # fmt: skip

PAL: Final = Region(
    name="pal",
    clock_hz=1_662_607,
    frame_half_cycles=66_495,
    noise_period_cycles=(
        4, 8, 14, 30, 60, 88, 118, 148, 188, 236, 354, 472, 708, 944, 1890, 3778,
    ),
    dmc_period_cycles=(398, 354, 316, 298, 276, 236, 210, 198, 176, 148, 132, 118, 98, 78, 66, 50),
    sequencer_4step_cycles=(8313, 16627, 24939, 33253),
    sequencer_5step_cycles=(8313, 16627, 24939, 41565),
)  # fmt: skip

REGIONS: Final = {region.name: region for region in (NTSC, PAL)}


def region_named(name: str) -> Region:
    """Look a region up by name.

    Parameters
    ----------
    name
        ``"ntsc"`` or ``"pal"``.

    Raises
    ------
    SynthError
        If there is no such region.

    Examples
    --------
    >>> region_named("ntsc").clock_hz
    1789773
    """
    try:
        return REGIONS[name]
    except KeyError:
        raise SynthError(
            f"region {name!r} is unknown; choose one of {', '.join(REGIONS)}"
        ) from None


# NESdev wiki "APU Pulse": the output levels of the eight sequencer steps, in the order they sound.
DUTY_SEQUENCES: Final = (
    (0, 1, 0, 0, 0, 0, 0, 0),
    (0, 1, 1, 0, 0, 0, 0, 0),
    (0, 1, 1, 1, 1, 0, 0, 0),
    (1, 0, 0, 1, 1, 1, 1, 1),
)

# NESdev wiki "APU Triangle": the 32 steps, down and up.
TRIANGLE_SEQUENCE: Final = tuple(range(15, -1, -1)) + tuple(range(16))

# NESdev wiki "APU Length Counter": half frames by the high five bits of the length register.
LENGTH_TABLE: Final = (
    10, 254, 20, 2, 40, 4, 80, 6, 160, 8, 60, 10, 14, 12, 26, 14,
    12, 16, 24, 18, 48, 20, 96, 22, 192, 24, 72, 26, 16, 28, 32, 30,
)  # fmt: skip
