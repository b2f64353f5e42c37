"""The sweep unit against targets worked out by hand, to the cycle."""

import pytest

from tests.chip_logs import pulse_tone, state_before
from tests.synth.chip.frame_clocks import NTSC_HALF_FRAMES, half_frame_cycle

# Worked by hand: change = timer >> shift; pulse 1 subtracts one more.
SWEEPS = [
    # timer, $4001/$4005, timer after one sweep of pulse 1, of pulse 2 (None: muted)
    (0x100, 0x81, 0x180, 0x180),
    (0x100, 0x82, 0x140, 0x140),
    (0x100, 0x87, 0x102, 0x102),
    (0x100, 0x89, 0x07F, 0x080),
    (0x100, 0x8C, 0x0EF, 0x0F0),
    (0x101, 0x8F, 0x0FE, 0x0FF),
    (0x555, 0x81, 0x7FF, 0x7FF),
    (0x556, 0x81, None, None),  # 0x556 + 0x2AB = 0x801
    (0x400, 0x80, None, None),  # shift 0 without negate doubles, so it mutes
    (0x3FF, 0x80, 0x3FF, 0x3FF),  # 0x7FE is in range; shift 0 never sweeps
    (0x7FF, 0x88, 0x7FF, 0x7FF),  # negated shift 0 never mutes
    (0x007, 0x81, None, None),  # below 8
    (0x008, 0x87, 0x008, 0x008),
    (0x00A, 0x89, 0x004, 0x005),  # swept below 8: silent afterwards
]


@pytest.mark.parametrize(("timer", "sweep", "after1", "after2"), SWEEPS)
@pytest.mark.parametrize("channel", [0, 1])
def test_sweep_targets_and_muting(
    timer: int, sweep: int, after1: int | None, after2: int | None, channel: int
) -> None:
    """A sweep happens at the first half frame; a target out of range mutes and never happens."""
    expected = (after1, after2)[channel]
    tone = pulse_tone(timer, channel=channel)
    writes = [*tone, (1, 0x4001 + 4 * channel, sweep)]
    name = f"pulse{channel + 1}"
    before = state_before(NTSC_HALF_FRAMES[0], writes)[name]
    after = state_before(NTSC_HALF_FRAMES[0] + 1, writes)[name]
    assert before["timer"] == timer
    assert before["volume"] == (0 if expected is None else 15)
    assert after["timer"] == (timer if expected is None else expected)
    if expected is not None:
        assert after["volume"] == (15 if expected >= 8 and after_in_range(expected, sweep) else 0)


def after_in_range(timer: int, sweep: int) -> bool:
    """Whether the next target would be in range too."""
    return bool(sweep & 8) or timer + (timer >> (sweep & 7)) <= 0x7FF


@pytest.mark.parametrize("sweep", [0x00, 0x01])
def test_sweep_mutes_even_when_disabled(sweep: int) -> None:
    """Without the enable bit a target past $7FF still silences; $08 is the write that does not."""
    high = pulse_tone(0x600)
    assert state_before(10, [*high, (1, 0x4001, sweep)])["pulse1"]["volume"] == 0
    assert state_before(10, [*high, (1, 0x4001, 0x08)])["pulse1"]["volume"] == 15


@pytest.mark.parametrize("period", range(8))
def test_sweep_period(period: int) -> None:
    """The first sweep comes at the next half frame, then one every P + 1; disabling stops them."""
    writes = [*pulse_tone(0x200), (1, 0x4001, 0x80 | period << 4 | 6)]
    timers = [
        int(state_before(half_frame_cycle(number) + 1, writes)["pulse1"]["timer"])
        for number in range(1, 20)
    ]
    expected = []
    timer = 0x200
    for number in range(19):
        if number % (period + 1) == 0:
            timer += timer >> 6
        expected.append(timer)
    assert timers == expected


def test_sweep_write_reloads_the_divider() -> None:
    """A write between half frames starts the divider over instead of sweeping at once."""
    writes = [*pulse_tone(0x200), (1, 0x4001, 0xB6)]  # P = 3: sweeps at half frames 1, 5, 9
    again = [*writes, (half_frame_cycle(3) + 1, 0x4001, 0xB6)]  # reload at 4, so 8
    for number, plain, reloaded in [(5, 0x210, 0x208), (7, 0x210, 0x208), (8, 0x210, 0x210)]:
        cycle = half_frame_cycle(number) + 1
        assert state_before(cycle, writes)["pulse1"]["timer"] == plain
        assert state_before(cycle, again)["pulse1"]["timer"] == reloaded
