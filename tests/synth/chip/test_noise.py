"""The noise channel against tables worked out by hand, to the cycle."""

import pytest

from synth.chip.hardware import NTSC, PAL, Region
from synth.chip.noise import advance_shift_register, jump_shift_register
from tests.chip_logs import (
    channel_steps,
    log_of,
    noise_tone,
)


def naive_shift(register: int, *, short: bool) -> int:
    """One clock of the shift register as the documentation tells it."""
    feedback = (register & 1) ^ (register >> (6 if short else 1) & 1)
    return register >> 1 | feedback << 14


def test_long_mode_passes_all_states() -> None:
    """32,767 clocks bring every state but 0, and the 32,767th brings the first again."""
    state = 1
    seen = set()
    for _ in range(32_767):
        seen.add(state)
        following = jump_shift_register(state, 1, 1)
        assert following == naive_shift(state, short=False)
        state = following
    assert state == 1
    assert len(seen) == 32_767
    assert 0 not in seen


def test_short_mode_cycles() -> None:
    """From power-up 93 clocks; over all states 352 cycles of 93 and a single one of 31."""
    unseen = set(range(1, 32_768))
    lengths: dict[int, int] = {}
    while unseen:
        first = state = min(unseen)
        length = 0
        while length == 0 or state != first:
            unseen.discard(state)
            state = jump_shift_register(state, 1, 6)
            length += 1
        lengths[length] = lengths.get(length, 0) + 1
        if first == 1:
            assert length == 93
    assert lengths == {93: 352, 31: 1}


@pytest.mark.parametrize("short", [False, True])
def test_jumps_are_single_clocks_in_a_row(short: bool) -> None:
    """Any number of clocks at once is that number of clocks one by one."""
    state = 0x2B5D
    for steps in range(300):
        assert advance_shift_register(0x2B5D, steps, int(short)) == state
        state = naive_shift(state, short=short)
    assert advance_shift_register(0x2B5D, 32_767 * 93, int(short)) == 0x2B5D


@pytest.mark.parametrize("region", [NTSC, PAL], ids=["ntsc", "pal"])
@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("index", range(16))
def test_noise_edges(region: Region, short: bool, index: int) -> None:
    """The output is the volume where bit 0 is clear, a clock every period of the table.

    The register shifts once at power-up, before anything is written.
    """
    period = region.noise_period_cycles[index]
    power_up_period = region.noise_period_cycles[0]
    clocks = 200
    end_cycle = power_up_period + clocks * period
    steps = channel_steps(log_of(noise_tone(index, short=short, volume=7), end_cycle, region), 3)
    state = naive_shift(1, short=False)
    expected = [(-1, 0), (0, 7)]
    for clock in range(clocks):
        state = naive_shift(state, short=short)
        level = 0 if state & 1 else 7
        if level != expected[-1][1]:
            expected.append((power_up_period + clock * period, level))
    assert steps == expected
