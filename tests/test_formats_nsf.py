"""NSF files: what is read from code we write by hand, what round trips keep, what is refused."""

import contextlib
import dataclasses
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py65.devices.mpu6502 import MPU
from py65.memory import ObservableMemory

from synth.chip.hardware import NTSC, PAL, Region
from synth.chip.registers import RegisterLog
from synth.errors import SynthError
from synth.formats.assembler import assemble
from synth.formats.chip_formats import read_chip_file, write_chip_file
from synth.formats.chipfile import Titles
from synth.formats.log_frames import Frame, cut_log, to_frames
from synth.formats.nsf import read_nsf
from synth.formats.nsf_header import NsfFile, header_bytes, read_header
from synth.formats.nsf_write import write_nsf

SOUND_REGISTERS = [r for r in range(0x4000, 0x4018) if r not in (0x4014, 0x4016)]
HOST = ((0x15, 0x0F), (0x17, 0x40))
PLAIN = NsfFile(
    titles=Titles("Title", "Artist", copyright="1987"),
    tracks=2,
    first_track=1,
    load=0x8000,
    init=0x8000,
    play=0x8003,
    play_us={"ntsc": 16_639, "pal": 19_997},
    banks=(0,) * 8,
    regions=(NTSC,),
)


def nsf_of(source: str, header: NsfFile = PLAIN) -> bytes:
    """Assemble an NSF whose init is at $8000 and whose play is at $8003."""
    return header_bytes(header) + assemble(f".org $8000\n JMP init\n JMP play\n{source}").code


def log_of(
    frames: list[Frame], region: Region = NTSC, loop: int | None = None, memory: tuple = ()
) -> RegisterLog:
    """Make a log whose writes stand at the beginning of their frames, a few cycles apart."""
    rows = [
        (region.frame_cycle(number) + 20 * place, 0x4000 + register, value)
        for number, frame in enumerate(frames)
        for place, (register, value) in enumerate(frame)
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return RegisterLog(
        table[:, 0], table[:, 1], table[:, 2], end_cycle=region.frame_cycle(len(frames)),
        region=region, loop_cycle=None if loop is None else region.frame_cycle(loop), memory=memory,
    )  # fmt: skip


def frames_of(log: RegisterLog) -> list[Frame]:
    """Return a log's frames, without what a player writes before the track."""
    frames, _ = to_frames(log)
    assert frames[0][:2] == HOST
    return [frames[0][2:], *frames[1:]]


# Reading ----------------------------------------------------------------------------------------

COUNTING = """
init:   STA $10             ; the track, from 0
        STX $11             ; 0 is NTSC
        LDA #0
        STA $12
        RTS
play:   INC $12
        LDA $12
        STA $4002           ; the number of the call
        LDX $10
        STX $4006
        LDY $11
        STY $400A
        RTS
"""


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


def test_a_file_for_both_regions_plays_as_asked(tmp_path: Path) -> None:
    """Its program is told which console it is on; a file for one console says what it plays as."""
    both = dataclasses.replace(PLAIN, regions=(NTSC, PAL), play_us={"ntsc": 16_666, "pal": 20_000})
    path = tmp_path / "both.nsf"
    path.write_bytes(nsf_of(COUNTING, both))
    for asked, region in ((None, NTSC), ("ntsc", NTSC), ("pal", PAL)):
        file = read_chip_file(path, seconds=1.0, region=asked)
        assert file.log.region == region
        assert set(file.log.value[file.log.address == 0x400A].tolist()) == {int(region == PAL)}
        assert file.warnings == ()
    path.write_bytes(nsf_of(COUNTING, dataclasses.replace(PLAIN, regions=(PAL,))))
    file = read_chip_file(path, seconds=1.0, region="ntsc")
    assert file.log.region == PAL
    assert file.warnings == ("it is made for PAL and plays so, not as NTSC",)


def test_banks_are_switched() -> None:
    """Code maps 4 KB banks in by $5FF8-$5FFF and reads what the file holds there."""
    source = """
    init:   LDA #0
            STA $10
            RTS
    play:   INC $10
            LDA $10
            AND #3
            STA $5FFB           ; bank n at $B000
            LDX $B123
            STX $4002
            RTS
    """
    code = assemble(f".org $8000\n JMP init\n JMP play\n{source}").code
    banks = [bytearray(4096) for _ in range(4)]
    banks[0][: len(code)] = code
    for number, bank in enumerate(banks):
        bank[0x123] = 0xA0 + number
    header = dataclasses.replace(PLAIN, banks=(0, 0, 0, 1, 0, 0, 0, 0))
    data = header_bytes(header) + b"".join(banks)
    log = read_nsf(data, "banks.nsf", seconds=0.2).log
    assert log.value[log.address == 0x4002].tolist()[:6] == [0xA1, 0xA2, 0xA3, 0xA0, 0xA1, 0xA2]


def test_samples_are_carried_with_the_log() -> None:
    """When the DMC is started, the bytes it will play come with the log."""
    source = """
    init:   LDA #2
            STA $4012           ; $C080
            LDA #1
            STA $4013           ; 17 bytes
            LDA #$1F
            STA $4015
            RTS
    play:   LDA $4015           ; does it still play?
            AND #$10
            STA $4011
            RTS
    """
    code = assemble(f".org $8000\n JMP init\n JMP play\n{source}").code
    sample = bytes(range(100, 117))
    image = code.ljust(0x4080, b"\0") + sample
    file = read_nsf(header_bytes(PLAIN) + image, "dmc.nsf", seconds=0.2)
    assert file.log.memory == ((0xC080, sample),)
    answers = file.log.value[file.log.address == 0x4011].tolist()
    # 17 * 8 bits at 428 cycles are 58,208 cycles: not quite two frames.
    assert answers[:3] == [0x10, 0, 0]


def test_loops_and_ends_are_found() -> None:
    """A track that repeats is given with its loop; one that falls silent ends there."""
    repeating = """
    init:   LDA #0
            STA $10
            RTS
    play:   INC $10
            LDA $10
            CMP #50
            BNE on
            LDA #20
            STA $10
    on:     STA $4002
            RTS
    """
    log = read_nsf(nsf_of(repeating), "loop.nsf").log
    frames, loop = to_frames(log)
    assert (loop, len(frames)) == (20, 50)
    assert [frame[0][1] for frame in frames[1:]] == list(range(1, 50))
    ending = """
    init:   LDA #100
            STA $10
            RTS
    play:   LDA $10
            BEQ done
            STA $4000
            DEC $10
    done:   RTS
    """
    log = read_nsf(nsf_of(ending), "end.nsf").log
    assert log.loop_cycle is None
    assert log.duration_s == pytest.approx(101 / NTSC.frame_hz, abs=0.001)
    assert len(log) == 102


def test_a_track_that_never_repeats_is_cut_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an end or a loop, a fixed length is taken, and that is said."""
    monkeypatch.setattr("synth.formats.nsf.SEARCH_INSTRUCTIONS", 10_000_000)
    counter = """
    init:   RTS
    play:   LDX #0
    more:   INC $10,X           ; a 48 bit number that the search cannot see come round
            BNE out
            INX
            CPX #6
            BNE more
    out:    STX $4000
            LDY #0
    waste:  INC $20             ; so that the search gives up on instructions
            INY
            BNE waste
            RTS
    """
    file = read_nsf(nsf_of(counter), "long.nsf")
    assert file.log.duration_s == pytest.approx(150, abs=0.1)
    assert "seconds" in file.warnings[0]


def test_music_for_other_chips_alone_is_refused() -> None:
    """What would be silence is an error that says which chip the music is for."""
    header = dataclasses.replace(PLAIN, chips=("2A03", "VRC6", "Namco 163"))
    source = """
    init:   LDA #$7F
            STA $9000           ; a VRC6 pulse
            STA $9002
            RTS
    play:   RTS
    """
    for seconds in (None, 2.0):
        with pytest.raises(SynthError, match=r"VRC6 and Namco 163.*2A03"):
            read_nsf(nsf_of(source, header), "vrc6.nsf", seconds=seconds)


def test_expansion_chips_are_named() -> None:
    """Sound that a 2A03 does not make is left out with a warning that names the chip."""
    header = dataclasses.replace(PLAIN, chips=("2A03", "VRC6", "Namco 163"))
    source = "init: LDA #$BF\n STA $4000\n STA $4002\n LDA #0\n STA $4003\nplay: RTS"
    file = read_nsf(nsf_of(source, header), "vrc6.nsf", seconds=0.5)
    assert file.chips == ("2A03", "VRC6", "Namco 163")
    assert "VRC6" in file.warnings[0]
    assert "Namco 163" in file.warnings[0]


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


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no NSF"),
        (b"NESM\x1a\x01", "cut short"),
        (nsf_of(COUNTING)[:0x80], "cut short"),
        (header_bytes(dataclasses.replace(PLAIN, tracks=0)) + b"\x60", "no tracks"),
        (header_bytes(dataclasses.replace(PLAIN, load=0x1000)) + b"\x60", "loads at \\$1000"),
    ],
)
def test_a_broken_file_is_refused(data: bytes, reason: str) -> None:
    """A file that is no playable NSF says why."""
    with pytest.raises(SynthError, match=reason):
        read_nsf(data, "bad.nsf")


def test_a_track_that_is_not_there_is_refused() -> None:
    """The error says which tracks there are."""
    with pytest.raises(SynthError, match="tracks 1 to 2"):
        read_nsf(nsf_of(COUNTING), "two.nsf", track=3)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_mutation_of_a_file_does_worse_than_refuse(data: st.DataObject) -> None:
    """Whatever bytes of a real NSF are changed or cut, reading ends, in a log or a `SynthError`."""
    whole = write_nsf(log_of([((0, 0xBF), (2, n)) for n in range(40)]))[0]
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, 0x80 + 250) | st.integers(0, len(broken) - 1))
        broken[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(broken)) | st.just(len(broken)))
    with contextlib.suppress(SynthError):
        file = read_nsf(bytes(broken[:cut]), "fuzz.nsf", seconds=2.0)
        assert file.log.duration_s < 20


def test_a_hostile_header_is_read_without_harm() -> None:
    """Random headers before random code neither crash nor hang the reader."""
    rng = np.random.default_rng(3)
    for _ in range(30):
        noise = bytearray(rng.integers(0, 256, 9000, dtype=np.uint8).tobytes())
        noise[:5] = b"NESM\x1a"
        noise[0x7C] = 0
        with contextlib.suppress(SynthError):
            read_nsf(bytes(noise), "noise.nsf", seconds=1.0)


# Writing ----------------------------------------------------------------------------------------


def test_the_header_holds_what_the_specification_asks() -> None:
    """Every header field of a written file, by a parse that shares no code with ours."""
    log = log_of([((0, 1),)] * 30, PAL)
    data, _ = write_nsf(log, Titles("Ünïcode, and much longer than a field", "Me", "", "2024"))
    assert data[:6] == b"NESM\x1a\x01"
    assert (data[6], data[7]) == (1, 1)
    load, init, play = struct.unpack("<HHH", data[8:14])
    assert load == 0x8000
    assert load <= init < 0x9000
    assert load <= play < 0x9000
    assert data[0x0E:0x2E] == b"Unicode, and much longer than a\0"
    assert data[0x2E:0x4E].rstrip(b"\0") == b"Me"
    assert data[0x4E:0x6E].rstrip(b"\0") == b"2024"
    assert struct.unpack("<H", data[0x6E:0x70]) == (16_639,)
    assert struct.unpack("<H", data[0x78:0x7A]) == (19_997,)
    assert data[0x70:0x78] == bytes(8)
    assert data[0x7A] == 1  # PAL
    assert data[0x7B:0x80] == bytes(5)
    assert header_bytes(read_header(data, "x")) == data[:0x80]


frame_lists = st.lists(
    st.lists(
        st.tuples(st.sampled_from([r - 0x4000 for r in SOUND_REGISTERS]), st.integers(0, 3)),
        max_size=6,
    ).map(tuple),
    min_size=1,
    max_size=80,
)


@settings(max_examples=40, deadline=None)
@given(frames=frame_lists, repeats=st.integers(1, 4), region=st.sampled_from([NTSC, PAL]))
def test_a_log_comes_back_frame_by_frame(frames: list[Frame], repeats: int, region: Region) -> None:
    """A log -> NSF -> log keeps each frame's bytes to the same registers in the same order."""
    log = log_of(frames * repeats, region)
    data, warnings = write_nsf(log)
    assert warnings == ()
    seconds = (len(frames) * repeats + 5) / region.frame_hz
    back = frames_of(read_nsf(data, "back.nsf", seconds=seconds).log)
    assert back[: len(frames) * repeats] == frames * repeats
    # What follows is one write that silences the chip, and nothing.
    assert back[len(frames) * repeats :][:3] == [((0x15, 0),), (), ()]


@settings(max_examples=25, deadline=None)
@given(frames=frame_lists, data=st.data())
def test_a_loop_comes_back(frames: list[Frame], data: st.DataObject) -> None:
    """A looping log -> NSF -> log plays the same for three rounds."""
    loop = data.draw(st.integers(0, len(frames) - 1))
    log = log_of(frames, loop=loop)
    nsf, _ = write_nsf(log)
    n = len(frames) + 3 * (len(frames) - loop)
    expected = to_frames(cut_log(log, n / NTSC.frame_hz))[0]
    back = frames_of(read_nsf(nsf, "loop.nsf", seconds=n / NTSC.frame_hz).log)
    assert back[: n - 1] == expected[: n - 1]


def test_a_song_of_many_banks_comes_back() -> None:
    """A long song without repetition fills many banks, and every frame of it is right."""
    rng = np.random.default_rng(5)
    frames = [
        tuple(zip(rng.choice(16, 8).tolist(), rng.integers(0, 256, 8).tolist(), strict=True))
        for _ in range(5_000)
    ]
    data, _ = write_nsf(log_of(frames))
    assert len(data) > 15 * 4096
    back = frames_of(read_nsf(data, "long.nsf").log)
    assert back[:5_000] == frames


def test_repetition_is_stored_once() -> None:
    """Further copies of a phrase cost a few bytes, however far away it was; the second makes rules.

    Of values drawn by chance nothing but the phrase itself repeats, so the rules take room; they
    take less than the phrase did.
    """
    rng = np.random.default_rng(6)
    phrase = [((2, int(v)), (3, 8), (6, int(v) ^ 1)) for v in rng.integers(0, 40, 200)]
    gap = [((0, int(v)), (4, 3)) for v in rng.integers(0, 16, 3000)]
    never, _ = write_nsf(log_of(gap))
    once, _ = write_nsf(log_of(phrase + gap))
    thrice, _ = write_nsf(log_of(phrase + gap + phrase + phrase))
    often, _ = write_nsf(log_of(phrase + gap + 6 * phrase))
    assert len(often) < len(thrice) + 50
    assert len(thrice) - len(once) < len(once) - len(never)
    back = frames_of(read_nsf(thrice, "x.nsf").log)
    assert back[: len(gap) + 600] == phrase + gap + phrase + phrase


def test_an_nsf_that_was_read_and_written_is_the_same_log() -> None:
    """What a player writes before a track is not doubled by going through an NSF again."""
    first = read_nsf(write_nsf(log_of([((0, n),) for n in range(30)], loop=10))[0], "1.nsf").log
    second = read_nsf(write_nsf(first)[0], "2.nsf").log
    assert to_frames(second) == to_frames(first)
    assert second.end_cycle == first.end_cycle


def test_samples_come_back() -> None:
    """Sample memory goes into banks at $C000-$FFFF, as far as the log can play it."""
    memory = ((0xC040, bytes(range(50))), (0xF000, b"\xaa" * 0x1000))
    frames: list[Frame] = [
        ((0x12, 1), (0x13, 2), (0x15, 0x1F)),
        ((0x12, 0xFF), (0x13, 3)),
        (),
    ]
    log = log_of(frames * 5, memory=memory)
    data, warnings = write_nsf(log)
    assert warnings == ()
    back = read_nsf(data, "dmc.nsf").log
    assert back.memory[0] == (0xC040, bytes(range(49)))  # $4013 may still be 3
    assert back.memory[1] == (0xFFC0, b"\xaa" * 49)


def test_py65_plays_our_nsf_as_our_6502_does() -> None:
    """The player, run by py65 over a memory of its own, makes the log's writes frame by frame."""
    rng = np.random.default_rng(8)
    frames = [
        tuple(zip(rng.choice(8, 3).tolist(), rng.integers(0, 4, 3).tolist(), strict=True))
        if rng.random() < 0.7
        else ()
        for _ in range(1_500)
    ]
    data, _ = write_nsf(log_of(frames, loop=700))
    program = data[0x80:]
    memory = ObservableMemory()
    banks = list(data[0x70:0x78])
    written: list[tuple[int, int]] = []

    def rom(address: int) -> int:
        return program[banks[(address >> 12) - 8] * 4096 + (address & 0xFFF)]

    memory.subscribe_to_read(range(0x8000, 0x10000), rom)
    memory.subscribe_to_write(
        range(0x5FF8, 0x6000), lambda address, value: banks.__setitem__(address - 0x5FF8, value)
    )
    memory.subscribe_to_write(
        range(0x4000, 0x4018), lambda address, value: written.append((address - 0x4000, value))
    )
    mpu = MPU(memory=memory)
    init, play = struct.unpack("<HH", data[0x0A:0x0E])

    def call(address: int) -> Frame:
        written.clear()
        mpu.sp, mpu.pc = 0xFD, address
        memory[0x1FE], memory[0x1FF] = 0xFF, 0x4E
        for _ in range(2_000):
            if mpu.pc == 0x4F00:
                return tuple(written)
            mpu.step()
        raise AssertionError("the player does not return")

    got = [call(init), *(call(play) for _ in range(len(frames) + 100))]
    assert got == frames + frames[700:801]


def test_files_on_disk(tmp_path: Path) -> None:
    """The table of formats knows `.nsf` both ways, with its track."""
    path = tmp_path / "a.nsf"
    write_chip_file(path, log_of([((0, 1),)] * 10), title="A", artist="B", copyright="C")
    file = read_chip_file(path, track=1, seconds=0.1)
    assert file.titles == Titles("A", "B", "", "C")
    assert file.format == "NSF 1"
    with pytest.raises(SynthError, match="no track 2"):
        read_chip_file(path, track=2)


def test_a_song_that_is_too_long_is_refused() -> None:
    """More than 1 MB of song is told, not cut."""
    rng = np.random.default_rng(9)
    noise = rng.integers(0, 256, (30_000, 40))
    frames = [tuple((n % 16, int(v)) for n, v in enumerate(row)) for row in noise]
    with pytest.raises(SynthError, match="1020 KB"):
        write_nsf(log_of(frames))


def test_dense_and_streamed_frames_are_warned_of() -> None:
    """What cannot be played once a frame without loss is said."""
    frames: list[Frame] = [((0x11, 64),) * 400, ((0x11, 1),) * 20]
    _, warnings = write_nsf(log_of([tuple(frame[:1000]) for frame in frames]))
    assert any("400 register writes" in warning for warning in warnings)
    assert any("$4011" in warning for warning in warnings)


def test_an_absurd_play_speed_is_refused() -> None:
    """A microsecond between calls would be a call for each instruction."""
    header = dataclasses.replace(PLAIN, play_us={"ntsc": 1, "pal": 1})
    with pytest.raises(SynthError, match="every 1 microseconds"):
        read_nsf(nsf_of(COUNTING, header), "fast.nsf")


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
