"""An NSF's program runs in slices of playing time: calls, interrupts and what halts it."""

import dataclasses

import numpy as np
import pytest

from synth.chip.hardware import NTSC, PAL, Region
from synth.errors import SynthError
from synth.formats.nsf_read import read_nsf
from tests.synth.formats.nsf_files import COUNTING, PLAIN, nsf_of

TONE = """
    LDA #$BF
    STA $4000
    LDA #$FD
    STA $4002
    LDA #0
    STA $4003
"""
IRQ, STAY, NO_PLAY = 0x10, 0x20, 0x40


def writes(source: str, address: int, features: int = 0, seconds: float = 1.0) -> np.ndarray:
    """Return cycle and value of each write to `address` that an NSF makes, shape (n, 2)."""
    header = dataclasses.replace(PLAIN, version=2 if features else 1, features=features)
    log = read_nsf(nsf_of(source, header), "song.nsf", seconds=seconds).log
    mine = log.address == address
    return np.stack((log.cycle[mine], log.value[mine].astype(np.int64)), axis=1)


def delay(loops: int) -> str:
    """Wait `loops` times 1,286 cycles, in X and Y."""
    inner = f"inner{loops}: DEX\n BNE inner{loops}\n"
    return f" LDY #{loops}\nouter{loops}: LDX #0\n{inner} DEY\n BNE outer{loops}\n"


@pytest.mark.parametrize("seconds", [None, 3.0])
def test_an_init_that_never_returns_plays_on(seconds: float | None) -> None:
    """What it wrote sounds, and play, which it leaves no room for, is never called."""
    source = f"init: {TONE}\nforever: JMP forever\nplay: LDA #0\n STA $4000\n RTS"
    file = read_nsf(nsf_of(source), "init.nsf", seconds=seconds)
    assert file.log.address.tolist() == [0x4015, 0x4017, 0x4000, 0x4002, 0x4003]
    assert file.log.duration_s == pytest.approx(seconds or 150.0, abs=0.1)


def test_a_play_that_never_returns_plays_on() -> None:
    """The first call is the only one, and what it goes on to write is kept."""
    source = f"init: RTS\nplay: {TONE}\nmore: INC $4011\n{delay(20)} JMP more"
    steps = writes(source, 0x4011, seconds=1.0)
    assert len(steps) > 100
    assert steps[-1, 0] > 0.98 * NTSC.clock_hz


def test_calls_that_fall_due_meanwhile_are_left_out() -> None:
    """A play of two and a half frames is called in each third frame."""
    source = f"init: RTS\nplay: INC $10\n LDA $10\n STA $4011\n{delay(58)} RTS"
    calls = writes(source, 0x4011)
    frames = (calls[:, 0] * 2 + 1) // NTSC.frame_half_cycles
    assert frames.tolist() == list(range(1, 60, 3))
    assert calls[:, 1].tolist() == list(range(1, 21))


def test_a_program_that_halts_the_cpu_sounds_on() -> None:
    """A jam ends the program; what it had set is kept, and a warning says where it was."""
    file = read_nsf(nsf_of(f"init: {TONE}\n .byte $02\nplay: RTS"), "jam.nsf", seconds=2.0)
    assert len(file.log) == 5
    assert file.warnings == (
        "its program halts the CPU at $8015, 0.0 s into the track; what it had set sounds on",
    )


STAYING = """
init:   CPY #$81
        BEQ stay
        STY $4002               ; the first call
        RTS
stay:   LDA #1
        LDX #2
        LDY #3
again:  CMP #1                  ; play must not touch what runs here
        BNE wrong
        CPX #2
        BNE wrong
        CPY #3
        BNE wrong
        JMP again
wrong:  STA $4000
        JMP again
play:   LDA #9
        LDX #8
        LDY #7
        INC $10
        LDA $10
        STA $4011
        RTS
"""


def test_an_nsf2_init_may_stay_and_play_interrupts_it() -> None:
    """Init is called with $80 and $81; from then on play comes between its instructions."""
    assert writes(STAYING, 0x4002, STAY)[:, 1].tolist() == [0x80]
    assert writes(STAYING, 0x4011, STAY)[:, 1].tolist() == list(range(1, 60))
    assert len(writes(STAYING, 0x4000, STAY)) == 0
    quiet = dataclasses.replace(PLAIN, version=2, features=STAY | NO_PLAY)
    log = read_nsf(nsf_of(STAYING, quiet), "x.nsf", seconds=1.0).log
    assert log.address.tolist() == [0x4015, 0x4017, 0x4002]


def interrupting(setup: str, acknowledge: str) -> str:
    """Write a program whose handler counts in $4011 and whose init sets its interrupt up."""
    return f"""
    init:   LDA #<handler
            STA $FFFE
            LDA #>handler
            STA $FFFF
            {setup}
            CLI
            RTS
    play:   RTS
    handler: PHA
            INC $10
            LDA $10
            STA $4011
            {acknowledge}
            PLA
            RTI
    """


def test_the_timer_of_nsf2_interrupts() -> None:
    """It asks every reload + 1 cycles from when it is switched on, whatever else runs."""
    setup = "LDA #<999\n STA $401B\n LDA #>999\n STA $401C\n LDA #1\n STA $401D"
    source = interrupting(setup, "LDA $401D")
    steps = writes(source, 0x4011, IRQ, seconds=0.1)
    assert len(steps) == pytest.approx(0.1 * NTSC.clock_hz / 1000, abs=15)
    # An instruction that runs is ended first, which takes a few cycles one way or another.
    assert np.median(np.diff(steps[:, 0])) == 1000
    assert np.abs(np.diff(steps[:, 0]) - 1000).max() <= 8
    assert len(writes(source, 0x4011, seconds=0.1)) == 0  # in an NSF 1 it does not


def test_the_frame_sequencer_interrupts() -> None:
    """With $4017 = 0 it asks every 29,830 cycles, until $4015 is read."""
    source = interrupting("LDA #0\n STA $4017", "LDA $4015")
    steps = writes(source, 0x4011, IRQ)
    assert np.median(np.diff(steps[:, 0])) == 29_830
    assert len(steps) == NTSC.clock_hz // 29_830 or len(steps) == NTSC.clock_hz // 29_830 - 1


def test_the_dmc_interrupts_at_its_last_byte() -> None:
    """A sample of one byte asks when it is read; started anew, every 8 bits."""
    setup = "LDA #$8F\n STA $4010\n LDA #0\n STA $4013\n LDA #$10\n STA $4015"
    source = interrupting(setup, "LDA #$10\n STA $4015")
    steps = writes(source, 0x4011, IRQ)
    assert np.median(np.diff(steps[5:, 0])) == 8 * 54


@pytest.mark.parametrize(("rate", "period"), [(15, 54), (0, 428)])
def test_the_dmc_takes_cycles_from_the_cpu(rate: int, period: int) -> None:
    """Each byte that it plays halts the CPU for 4 cycles."""
    code = f"LDA #{rate}\n STA $4010\n LDA #$FF\n STA $4013\n LDA #$10\n {{}} $4015\n STA $4011\n"
    code = f"init: {code}{delay(8)} STA $4011\n RTS\nplay: RTS"
    busy = np.diff(writes(code.format("STA"), 0x4011)[:2, 0])[0]
    free = np.diff(writes(code.format("LDX"), 0x4011)[:2, 0])[0]
    bytes_read, rest = divmod(busy - free, 4)
    assert rest == 0
    assert abs(bytes_read - busy / (8 * period)) < 1.5


def test_bytes_read_between_calls_delay_none() -> None:
    """While nothing runs, the DMC halts nobody: play begins in time however long a sample plays."""
    start = "LDA #$4F\n STA $4010\n LDA #$FF\n STA $4013\n LDA #$10\n STA $4015\n RTS"
    steps = writes(f"init: {start}\nplay: LDA #1\n STA $4011\n RTS", 0x4011)
    late = steps[:, 0] - [NTSC.frame_cycle(frame) for frame in range(1, 60)]
    assert set(late.tolist()) <= {8, 12}  # a byte may fall due within the call itself


def test_calls_of_play_are_a_frame_apart() -> None:
    """A program is called once a frame with its track and region, its writes in time."""
    file = read_nsf(nsf_of(COUNTING), "count.nsf", track=2, seconds=1.0)
    log = file.log
    calls = log.cycle[log.address == 0x4002]
    assert log.value[log.address == 0x4002].tolist() == list(range(1, 60))
    assert set(log.value[log.address == 0x4006].tolist()) == {1}
    assert set(log.value[log.address == 0x400A].tolist()) == {0}
    # JMP 3, INC 5, LDA 3, and the store's last of 4 cycles.
    assert (calls - [NTSC.frame_cycle(frame) for frame in range(1, 60)]).tolist() == [14] * 59
    assert log.duration_s == pytest.approx(1.0, abs=0.01)
    assert (file.track, file.tracks, file.titles.title) == (2, 2, "Title")
    assert file.warnings == ()


@pytest.mark.parametrize(
    ("region", "us", "frame_cycles"),
    [(NTSC, 16_666, 29_780.5), (NTSC, 16_639, 29_780.5), (NTSC, 10_000, 17_897.73),
     (PAL, 20_000, 33_247.5), (PAL, 19_997, 33_247.5), (PAL, 5_000, 8_313.035)],
)  # fmt: skip
def test_play_speeds(region: Region, us: int, frame_cycles: float) -> None:
    """A frame's customary speeds mean vertical blanks; any other is counted in microseconds."""
    header = dataclasses.replace(
        PLAIN, regions=(region,), play_us={"ntsc": us, "pal": us, region.name: us}
    )
    log = read_nsf(nsf_of(COUNTING, header), "speed.nsf", seconds=1.0).log
    calls = log.cycle[log.address == 0x4002]
    assert (calls[-1] - calls[0]) / (len(calls) - 1) == pytest.approx(frame_cycles, abs=0.1)
    assert log.region == region
    assert set(log.value[log.address == 0x400A].tolist()) == {int(region == PAL)}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("init: JMP init\nplay: RTS", r"does not return from a call, at \$8006"),
        ("init: RTS\nplay: JMP play", r"does not return from a call, at \$8007"),
        ("init: .byte $02\nplay: RTS", r"halts the CPU at \$8006, 0.0 s into the track"),
        ("init: JMP $0000\nplay: RTS", "does not return"),
        ("init: TAX\n TXS\nloop: PHA\n JMP loop\nplay: RTS", "does not return"),
    ],
)
def test_a_program_that_hangs_or_crashes_is_told_in_one_line(source: str, reason: str) -> None:
    """A program that hangs in silence ends in an error that names the place, not in a hang."""
    with pytest.raises(SynthError, match=reason) as caught:
        read_nsf(nsf_of(source), "broken.nsf")
    assert "\n" not in str(caught.value)
    assert "broken.nsf" in str(caught.value)


def test_more_writes_than_the_buffer_holds() -> None:
    """A program that writes without pause is followed through, in order and in time."""
    source = """
    init:   RTS
    play:   LDX #0
    again:  STX $4011           ; 9 cycles a round, 8 calls of 256
            INX
            BNE again
            RTS
    """
    header = dataclasses.replace(PLAIN, play_us={"ntsc": 2_000, "pal": 2_000})
    log = read_nsf(nsf_of(source, header), "dense.nsf", seconds=3.0).log
    written = log.value[log.address == 0x4011]
    assert len(written) == 1499 * 256 > 1 << 18
    assert np.array_equal(written, np.tile(np.arange(256), 1499).astype(np.uint8))
    steps = np.diff(log.cycle[log.address == 0x4011])
    assert set(steps[np.arange(len(steps)) % 256 != 255].tolist()) == {9}
