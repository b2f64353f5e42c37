"""The frame sequencer against its documentation, to the cycle."""

import pytest

from synth.chip.hardware import NTSC, PAL, Region
from tests.chip_logs import Write, state_before

SEQUENCES = [
    (NTSC, 0x00, (7_457, 14_913, 22_371, 29_829), 29_830, 0),
    (NTSC, 0x80, (7_457, 14_913, 22_371, 37_281), 37_282, 1),
    (PAL, 0x00, (8_313, 16_627, 24_939, 33_253), 33_254, 0),
    (PAL, 0x80, (8_313, 16_627, 24_939, 41_565), 41_566, 1),
]


@pytest.mark.parametrize(("region", "mode", "steps", "length_cycles", "at_once"), SEQUENCES)
@pytest.mark.parametrize("reset_cycle", [1, 2, 12_345])
def test_frame_sequencer_steps(
    region: Region,
    mode: int,
    steps: tuple[int, ...],
    length_cycles: int,
    at_once: int,
    reset_cycle: int,
) -> None:
    """Quarter frames at all four steps, half frames at the second and last, and so on again.

    Seen on counters that every clock moves: an envelope of period 0 and a length counter. The
    sequence begins 3 cycles after a write in the first cycle of the two that an APU cycle has,
    in which pulses tick, and 4 after one in the second.
    """
    writes = [
        (0, 0x4015, 1),
        (0, 0x4000, 0x00),
        (0, 0x4003, 0x08),
        (reset_cycle, 0x4017, mode),
    ]
    reset_cycle += 4 if reset_cycle % 2 else 3

    def counts(cycle: int) -> tuple[int, int]:
        pulse = state_before(cycle, writes, region)["pulse1"]
        decay = 16 if pulse["envelope"]["restart"] else int(pulse["envelope"]["decay"])
        return 16 - decay, 254 - int(pulse["length"]["count"])

    quarters, halves = counts(reset_cycle)
    quarters += at_once
    halves += at_once
    assert counts(reset_cycle + 1) == (quarters, halves)
    for sequence in range(2):
        for number, step in enumerate(steps):
            cycle = reset_cycle + sequence * length_cycles + step
            assert counts(cycle) == (quarters, halves)
            quarters += 1
            halves += number % 2
            assert counts(cycle + 1) == (quarters, halves)


def test_frame_irq_flag() -> None:
    """The last of four steps raises it, unless inhibited; five never do; inhibiting clears."""

    def irq(cycle: int, *writes: Write) -> int:
        return int(state_before(cycle, writes)["sequencer"]["irq"])

    assert irq(29_829) == 0
    assert irq(29_830) == 1
    assert irq(29_830, (0, 0x4017, 0x40)) == 0
    assert irq(80_000, (0, 0x4017, 0x80)) == 0
    assert irq(40_001, (40_000, 0x4017, 0x40)) == 0
    assert irq(40_001, (40_000, 0x4017, 0x00)) == 1


def test_a_write_overtakes_no_restart_of_the_sequencer() -> None:
    """What was written to $4017 takes effect before the next write, however soon that comes.

    A CPU's writes are far enough apart; a VGM file's share a tick, and their order must hold. An
    interrupt is inhibited at once.
    """
    start = [(0, 0x4015, 1), (0, 0x4000, 0x00), (0, 0x4003, 0x08)]

    def length(cycle: int, *writes: Write) -> int:
        return int(state_before(cycle, [*start, *writes])["pulse1"]["length"]["count"])

    assert length(103, (100, 0x4017, 0x80)) == 254
    assert length(104, (100, 0x4017, 0x80)) == 253
    assert length(101, (100, 0x4017, 0x80), (100, 0x4002, 1)) == 253
    assert length(103, (100, 0x4017, 0x80), (102, 0x4002, 1)) == 253
    assert length(200, (100, 0x4017, 0x80), (102, 0x4002, 1)) == 253
    assert length(200, (100, 0x4017, 0x80), (101, 0x4017, 0x80)) == 252


def test_a_restart_during_a_step() -> None:
    """A step that is due before the restart is taken, one that would come after it is not."""
    start = [(0, 0x4015, 1), (0, 0x4000, 0x00), (0, 0x4003, 0x08)]

    def clocks(write_cycle: int) -> int:
        state = state_before(20_000, [*start, (write_cycle, 0x4017, 0x80)])
        return 254 - int(state["pulse1"]["length"]["count"])

    assert clocks(14_908) == 1  # takes effect at 14,911; the half frame at 14,913 is not reached
    assert clocks(14_911) == 2  # at 14,915, two later than the half frame
