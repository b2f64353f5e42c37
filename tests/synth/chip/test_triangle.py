"""The triangle channel against tables worked out by hand, to the cycle."""

import pytest

from tests.chip_logs import (
    channel_steps,
    log_of,
    triangle_tone,
)


@pytest.mark.parametrize("timer", [2, 3, 100, 0x7FF])
def test_triangle_steps(timer: int) -> None:
    """15 down to 0, 0 up to 15, a step every t + 1 cycles, the ends twice as long."""
    period = 32 * (timer + 1)
    steps = channel_steps(log_of(triangle_tone(timer), 2 * period + 1), 2)
    ramp = [*range(15, -1, -1), *range(16)]
    expected = [(-1, 15)]
    for step in range(1, 65):
        cycle = 1 + (step - 1) * (timer + 1)
        if ramp[step % 32] != expected[-1][1] and cycle <= 2 * period:
            expected.append((cycle, ramp[step % 32]))
    assert steps == expected


def test_halted_triangle_holds_its_level() -> None:
    """Disabled, it stays where it is; enabled again, it goes on from there."""
    # Level 15 - n from cycle 1 + 100 (n - 1) on, so 10 at 450.
    writes = [*triangle_tone(99), (450, 0x4015, 0), (5000, 0x4015, 4), (5000, 0x400B, 0)]
    steps = channel_steps(log_of(writes, 5150), 2)
    assert steps[:6] == [(-1, 15), (1, 14), (101, 13), (201, 12), (301, 11), (401, 10)]
    assert steps[6:] == [(5001, 9), (5101, 8)]


def test_linear_counter_stops_the_triangle_at_its_quarter_frame() -> None:
    """Loaded with 2 at quarter frame 1, it is empty at 3, and not one step comes after."""
    writes = [(0, 0x4015, 4), (0, 0x4008, 2), (0, 0x400A, 99), (0, 0x400B, 0x08)]
    steps = channel_steps(log_of(writes, 60_000), 2)
    # The timer has run since power-up, every 100 cycles from 1 on; the counter is 2 from cycle
    # 7457 and 0 from 22371.
    assert steps[1] == (7501, 14)
    assert steps[-1][0] == 22_301


@pytest.mark.parametrize(("timer", "cycles_a_step"), [(0, 1), (1, 2)])
def test_ultrasonic_triangle(timer: int, cycles_a_step: int) -> None:
    """The timers 0 and 1 hold the level, or run at 56 and 28 kHz if asked to be exact."""
    log = log_of(triangle_tone(timer), 100)
    assert channel_steps(log, 2) == [(-1, 15)]
    exact = channel_steps(log, 2, ultrasonic="exact")
    assert exact[1:4] == [(1, 14), (1 + cycles_a_step, 13), (1 + 2 * cycles_a_step, 12)]
