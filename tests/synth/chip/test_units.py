"""Each unit of the chip against tables worked out by hand from its documentation, to the cycle."""

import pytest

from synth.chip.hardware import NTSC, PAL, Region
from synth.chip.trace import run_chip
from tests.chip_logs import Write, log_of, pulse_tone, state_before

# Cycle at which each half frame falls in the 4-step sequence, and the sequence's length.
NTSC_HALF_FRAMES = (14_913, 29_829)

PAL_HALF_FRAMES = (16_627, 33_253)

# NESdev wiki "APU Length Counter": index 0, 2, 4, ... note lengths; 1, 3, 5, ... linear lengths.
NOTE_LENGTHS = (10, 20, 40, 80, 160, 60, 14, 26, 12, 24, 48, 96, 192, 72, 16, 32)

LINEAR_LENGTHS = (254, *range(2, 31, 2))


def half_frame_cycle(number: int, region: Region = NTSC) -> int:
    """Cycle of the half frame `number`, from 1 on, in the 4-step sequence."""
    halves = NTSC_HALF_FRAMES if region is NTSC else PAL_HALF_FRAMES
    return (number - 1) // 2 * (halves[1] + 1) + halves[(number - 1) % 2]


def quarter_frame_cycle(number: int) -> int:
    """Cycle of the quarter frame `number`, from 1 on, in the 4-step sequence of NTSC."""
    return (number - 1) // 4 * 29_830 + (7_457, 14_913, 22_371, 29_829)[(number - 1) % 4]


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


@pytest.mark.parametrize("volume", range(16))
@pytest.mark.parametrize("loop", [False, True])
def test_envelope_falls_every_v_plus_1_quarter_frames(volume: int, loop: bool) -> None:
    """From 15 at the first quarter frame after a restart down to 0, there to stay or start over."""
    writes = [(0, 0x4015, 1), (0, 0x4000, (0x20 if loop else 0) | volume), (0, 0x4003, 1 << 3)]
    for number in (1, 2, volume + 1, volume + 2, 5 * (volume + 1), 16 * (volume + 1) + 1):
        cycle = quarter_frame_cycle(number)
        falls = (number - 1) // (volume + 1)
        expected = 15 - falls % 16 if loop else max(15 - falls, 0)
        assert state_before(cycle + 1, writes)["pulse1"]["envelope"]["decay"] == expected
        if falls and (number - 1) % (volume + 1) == 0:
            before = (expected + 1) % 16 if loop or falls <= 15 else 0
            assert state_before(cycle, writes)["pulse1"]["envelope"]["decay"] == before


def test_constant_volume_ignores_the_envelope() -> None:
    """With bit 4 the volume is V at once, while the envelope runs on underneath."""
    writes = pulse_tone(253, volume=9)
    state = state_before(200_000, writes)["pulse1"]
    assert state["volume"] == 9
    assert state["envelope"]["decay"] != 9


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


@pytest.mark.parametrize("load", [0, 1, 2, 60, 127])
def test_linear_counter_counts_quarter_frames(load: int) -> None:
    """Without the control flag: loaded at the first quarter frame, then one less at each."""
    writes = [(0, 0x4015, 4), (0, 0x4008, load), (0, 0x400A, 200), (0, 0x400B, 0x08)]
    for number in (1, 2, load, load + 1, load + 2):
        if number:
            cycle = quarter_frame_cycle(number)
            expected = max(load - (number - 1), 0)
            assert state_before(cycle + 1, writes)["triangle"]["linear"]["count"] == expected


def test_linear_counter_control_flag_keeps_it_loaded() -> None:
    """With the control flag it reloads at every quarter frame, until the flag is taken away."""
    writes = [(0, 0x4015, 4), (0, 0x4008, 0x80 | 5), (0, 0x400B, 0x08)]
    release = quarter_frame_cycle(10) + 1
    writes.append((release, 0x4008, 5))
    counts = [
        int(state_before(quarter_frame_cycle(n) + 1, writes)["triangle"]["linear"]["count"])
        for n in range(9, 18)
    ]
    assert counts == [5, 5, 5, 4, 3, 2, 1, 0, 0]


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
    sequence begins 3 cycles after the write if that falls within an APU cycle, of two CPU cycles,
    and 4 if it falls between two.
    """
    writes = [
        (0, 0x4015, 1),
        (0, 0x4000, 0x00),
        (0, 0x4003, 0x08),
        (reset_cycle, 0x4017, mode),
    ]
    reset_cycle += 3 if reset_cycle % 2 else 4

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

    assert length(104, (100, 0x4017, 0x80)) == 254
    assert length(105, (100, 0x4017, 0x80)) == 253
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

    assert clocks(14_908) == 1  # takes effect at 14,912; the half frame at 14,913 is not reached
    assert clocks(14_910) == 2  # at 14,914, one later than the half frame


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
        (40, 0x4003, 0x18), (24 + offset, 0x4000, then | 0x0F), (20_000, 0x4000, 0x1F),
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
        *([(40, 0x4003, 0x18)] if loaded else []), (24 + offset, 0x4003, 0x10),
    ]  # fmt: skip
    state, _, _ = run_chip(log_of(writes, 20_001))
    assert int(state["pulse1"]["length"]["count"][0]) == left
