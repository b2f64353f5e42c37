"""The length counter against tables worked out by hand, to the cycle."""

import pytest

from synth.chip.level_trace import run_chip
from tests.chip_logs import Write, log_of, state_before
from tests.synth.chip.frame_clocks import half_frame_cycle

# NESdev wiki "APU Length Counter": index 0, 2, 4, ... note lengths; 1, 3, 5, ... linear lengths.
NOTE_LENGTHS = (10, 20, 40, 80, 160, 60, 14, 26, 12, 24, 48, 96, 192, 72, 16, 32)

LINEAR_LENGTHS = (254, *range(2, 31, 2))


@pytest.mark.parametrize("index", range(32))
def test_length_counter_ends_at_the_half_frame_of_its_table(index: int) -> None:
    """A counter loaded with n holds 1 until half frame n, and 0 from its cycle on."""
    half_frames = (LINEAR_LENGTHS if index % 2 else NOTE_LENGTHS)[index // 2]
    writes = [(0, 0x4015, 1), (0, 0x4000, 0x1F), (0, 0x4003, index << 3)]
    end = half_frame_cycle(half_frames)
    assert state_before(end, writes)["pulse1"]["length"]["count"] == 1
    assert state_before(end + 1, writes)["pulse1"]["length"]["count"] == 0


@pytest.mark.parametrize(
    ("channel", "bit", "halt_write", "length_address"),
    [
        ("pulse1", 1, (0x4000, 0x20), 0x4003),
        ("pulse2", 2, (0x4004, 0x20), 0x4007),
        ("triangle", 4, (0x4008, 0x80), 0x400B),
        ("noise", 8, (0x400C, 0x20), 0x400F),
    ],
)
def test_length_counter_enable_and_halt(
    channel: str, bit: int, halt_write: tuple[int, int], length_address: int
) -> None:
    """A disabled counter takes no load, disabling empties it at once, a halted one stays."""

    def count(cycle: int, *writes: Write) -> int:
        return int(state_before(cycle, writes)[channel]["length"]["count"])

    load = (10, length_address, 0)  # 10 half frames
    assert count(20, load) == 0
    assert count(20, (0, 0x4015, bit), load) == 10
    assert count(20, (0, 0x4015, 0x1F & ~bit), load) == 0
    assert count(40, (0, 0x4015, bit), load, (30, 0x4015, 0)) == 0
    assert count(100_000, (0, 0x4015, bit), load) == 4
    assert count(100_000, (0, 0x4015, bit), (5, *halt_write), load) == 10


@pytest.mark.parametrize(
    ("offset", "first", "then", "clocked"),
    [
        # The clock falls 14,913 cycles after the start; what is written the cycle before is late.
        (14_911, 0x10, 0x30, False), (14_912, 0x10, 0x30, True), (14_913, 0x10, 0x30, True),
        (14_911, 0x30, 0x10, True), (14_912, 0x30, 0x10, False), (14_913, 0x30, 0x10, False),
    ],
)  # fmt: skip
def test_the_halt_flag_is_a_cycle_late(offset: int, first: int, then: int, clocked: bool) -> None:
    """A half frame's clock counts by the halt flag of the cycle before the last (blargg, 2005)."""
    writes = [
        (0, 0x4015, 1), (10, 0x4000, first | 0x0F), (20, 0x4017, 0x00), (30, 0x4002, 99),
        (40, 0x4003, 0x18), (23 + offset, 0x4000, then | 0x0F), (20_000, 0x4000, 0x1F),
    ]  # fmt: skip
    state, _, _ = run_chip(log_of(sorted(writes), 20_001))
    assert int(state["pulse1"]["length"]["count"][0]) == (1 if clocked else 2)


@pytest.mark.parametrize(
    ("offset", "loaded", "left"),
    [
        # Length 2 stands; a new one of 20 is written about the clock at 14,913.
        (14_911, True, 19), (14_912, True, 1), (14_913, True, 20),
        # From nothing, the load of the cycle before is kept, and not counted down.
        (14_911, False, 19), (14_912, False, 20), (14_913, False, 20),
    ],
)  # fmt: skip
def test_a_length_loaded_with_the_clock_is_lost(offset: int, loaded: bool, left: int) -> None:
    """A load in the cycle before a clock is lost if there was something to count (blargg, 2005)."""
    writes = [
        (0, 0x4015, 1), (10, 0x4000, 0x1F), (20, 0x4017, 0x00), (30, 0x4002, 99),
        *([(40, 0x4003, 0x18)] if loaded else []), (23 + offset, 0x4003, 0x10),
    ]  # fmt: skip
    state, _, _ = run_chip(log_of(writes, 20_001))
    assert int(state["pulse1"]["length"]["count"][0]) == left
