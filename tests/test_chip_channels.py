"""Each channel's output against tables worked out by hand, to the cycle and the level."""

import pytest

from synth.chip.hardware import NTSC, PAL, Region
from synth.chip.noise import advance_shift_register, jump_shift_register
from tests.chip_logs import (
    channel_steps,
    log_of,
    noise_tone,
    pulse_tone,
    state_before,
    triangle_tone,
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


DMC_PERIODS = {
    "ntsc": (428, 380, 340, 320, 286, 254, 226, 214, 190, 160, 142, 128, 106, 84, 72, 54),
    "pal": (398, 354, 316, 298, 276, 236, 210, 198, 176, 148, 132, 118, 98, 78, 66, 50),
}


@pytest.mark.parametrize("region", [NTSC, PAL], ids=["ntsc", "pal"])
@pytest.mark.parametrize("rate", range(16))
def test_dmc_output_rate(region: Region, rate: int) -> None:
    """Bits come one a period: two up for a 1, two down for a 0, from the low bit on."""
    period = DMC_PERIODS[region.name][rate]
    # The timer of power-up (rate 0) runs out once before the new rate counts; the first output
    # cycle after power-up is a silent one of eight bits.
    first = DMC_PERIODS[region.name][0] + 8 * period
    writes = [(0, 0x4010, rate), (0, 0x4011, 64), (0, 0x4012, 0), (0, 0x4013, 0), (0, 0x4015, 16)]
    memory = ((0xC000, b"\x4d"),)  # 1 0 1 1 0 0 1 0
    steps = channel_steps(log_of(writes, first + 40 * period, region, memory), 4)
    levels = (66, 64, 66, 68, 66, 64, 66, 64)
    expected = [(-1, 0), (0, 64), *((first + n * period, v) for n, v in enumerate(levels))]
    assert steps == expected


def test_dmc_length_loop_and_irq() -> None:
    """16 L + 1 bytes; a loop begins again without a gap; without one the flag is raised."""
    memory = ((0xC040, b"\xff" * 17 + b"\x00" * 100),)
    start = [(0, 0x4011, 0), (0, 0x4012, 1), (0, 0x4013, 1)]
    once = [(0, 0x4010, 0x8F), *start, (0, 0x4015, 16)]
    period, first = 54, 428 + 8 * 54
    steps = channel_steps(log_of(once, 30_000, memory=memory), 4)
    # 126 is as far as steps of two lead; 63 of the 136 ones are heard.
    assert steps[-1] == (first + 62 * period, 126)
    # The last byte leaves memory when the 16th begins to sound.
    fetched = first + 15 * 8 * period - period
    assert state_before(fetched, once, memory=memory)["dmc"]["irq"] == 0
    assert state_before(fetched + 1, once, memory=memory)["dmc"]["irq"] == 1
    assert state_before(fetched + 1, once, memory=memory)["dmc"]["bytes_left"] == 0
    acknowledged = [*once, (fetched + 10, 0x4015, 0)]
    assert state_before(fetched + 11, acknowledged, memory=memory)["dmc"]["irq"] == 0
    looped = [(0, 0x4010, 0x4F), *start, (0, 0x4015, 16)]
    state = state_before(fetched + 1, looped, memory=memory)["dmc"]
    assert (state["irq"], state["bytes_left"], state["address"]) == (0, 17, 0xC040)


def test_dmc_address_wraps_to_8000() -> None:
    """The byte after $FFFF is read from $8000."""
    memory = ((0xFFC0, b"\x00" * 64), (0x8000, b"\xff" * 8))
    writes = [(0, 0x4010, 15), (0, 0x4012, 0xFF), (0, 0x4013, 4), (0, 0x4015, 16)]
    steps = channel_steps(log_of(writes, 40_000, memory=memory), 4)
    first = 428 + 8 * 54 + 64 * 8 * 54
    assert steps[1] == (first, 2)


def test_dmc_stops_after_the_byte_at_hand() -> None:
    """Clearing its bit of $4015 lets buffer and shift register run out."""
    memory = ((0xC000, b"\xff" * 100),)
    first = 428 + 8 * 54
    writes = [(0, 0x4010, 15), (0, 0x4013, 6), (0, 0x4015, 16), (first + 10, 0x4015, 0)]
    steps = channel_steps(log_of(writes, 30_000, memory=memory), 4)
    assert steps[-1] == (first + 15 * 54, 32)


def test_4011_sets_the_level_at_once() -> None:
    """Seven bits, heard at the cycle of the write, whether or not the channel is enabled."""
    writes = [(100, 0x4011, 0x7F), (200, 0x4011, 0x80), (300, 0x4011, 0xC0)]
    assert channel_steps(log_of(writes, 400), 4) == [(-1, 0), (100, 127), (200, 0), (300, 64)]
