"""A pulse channel against tables worked out by hand, to the cycle."""

import pytest

from tests.chip_logs import (
    channel_steps,
    log_of,
    pulse_tone,
)

DUTY_STEPS_HIGH = {0: {1}, 1: {1, 2}, 2: {1, 2, 3, 4}, 3: {0, 3, 4, 5, 6, 7}}


@pytest.mark.parametrize("duty", range(4))
@pytest.mark.parametrize("channel", [0, 1])
@pytest.mark.parametrize("timer", [8, 9, 253, 0x7FF])
def test_pulse_edges(duty: int, channel: int, timer: int) -> None:
    """The sequencer's step n sounds from cycle 2 + 2 (t + 1) (n - 1) on, step 0 before it."""
    period = 16 * (timer + 1)
    log = log_of(pulse_tone(timer, duty, 11, channel), 3 * period)
    expected = [(-1, 0)]
    for step in range(24):
        level = 11 if step % 8 in DUTY_STEPS_HIGH[duty] else 0
        cycle = 2 + 2 * (timer + 1) * (step - 1) if step else 0
        if level != expected[-1][1] and cycle < 3 * period:
            expected.append((cycle, level))
    assert channel_steps(log, channel)[: len(expected)] == expected


def test_pulse_restart_keeps_the_divider() -> None:
    """$4003 starts the duty over at the write; the next step comes when it would have come."""
    writes = [*pulse_tone(99), (1000, 0x4003, 0)]
    # Steps every 200 cycles from 2 on: high at 2-801, low to 1601; at 1000 the phase returns to 0,
    # which is low too, and at 1002 the divider moves it to step 1.
    expected = [(-1, 0), (2, 15), (802, 0), (1002, 15), (1802, 0), (2602, 15)]
    assert channel_steps(log_of(writes, 2700), 0) == expected
    # In the midst of the high part the restart is a step down at the very write.
    writes = [*pulse_tone(99), (500, 0x4003, 0)]
    assert channel_steps(log_of(writes, 1500), 0) == [
        (-1, 0), (2, 15), (500, 0), (602, 15), (1402, 0),
    ]  # fmt: skip


def test_click_free_pulse_keeps_its_phase() -> None:
    """The option leaves the duty phase alone on $4003, and restarts the envelope all the same."""
    writes = [*pulse_tone(99), (500, 0x4003, 0)]
    assert channel_steps(log_of(writes, 1500), 0, click_free=True) == [
        # The first step is power-up's, in cycle 0; the next comes as early, then every 200.
        (-1, 0), (0, 15), (602, 0), (1402, 15),
    ]  # fmt: skip


def test_new_period_begins_when_the_divider_runs_out() -> None:
    """A write to $4002 in the midst of a step does not shorten or lengthen that step."""
    writes = [*pulse_tone(99), (700, 0x4002, 49)]
    # The step from 602 to 802 keeps its 200 cycles; those after it take 100.
    assert channel_steps(log_of(writes, 1700), 0) == [
        (-1, 0),
        (2, 15),
        (802, 0),
        (1202, 15),
        (1602, 0),
    ]


def test_volume_changes_sound_at_once() -> None:
    """A constant volume is heard from the cycle of its write on, if the duty is high."""
    writes = [*pulse_tone(99), (300, 0x4000, 0xB7), (900, 0x4000, 0xB3)]
    assert channel_steps(log_of(writes, 1800), 0) == [
        (-1, 0),
        (2, 15),
        (300, 7),
        (802, 0),
        (1602, 3),
    ]
