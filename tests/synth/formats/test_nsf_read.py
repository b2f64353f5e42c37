"""NSF files: what is read from code we write by hand, what round trips keep, what is refused."""

import contextlib
import dataclasses
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.chip.hardware import NTSC, PAL
from synth.errors import SynthError
from synth.formats.assembler import assemble
from synth.formats.chip_formats import read_chip_file, write_chip_file
from synth.formats.chipfile import Titles
from synth.formats.log_frames import to_frames
from synth.formats.nsf_header import header_bytes
from synth.formats.nsf_read import read_nsf
from synth.formats.nsf_write import write_nsf
from tests.synth.formats.nsf_files import COUNTING, PLAIN, log_of, nsf_of


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


@pytest.mark.parametrize(
    ("writes", "seconds"),
    [
        ({0x4000: 0x0F, 0x4002: 0xFD, 0x4003: 0x08}, 241 / 240),  # an envelope, 15 times 16 clocks
        ({0x4000: 0x1F, 0x4002: 0xFD, 0x4003: 0x18}, 2 / 120),  # a length of two half frames
        ({0x4000: 0x3F, 0x4002: 0xFD, 0x4003: 0x08}, 150.0),  # a tone that is held
    ],
)
def test_what_is_not_written_any_more_sounds_to_its_end(
    writes: dict[int, int], seconds: float
) -> None:
    """A track ends with its last sound, not its last write; a held tone gets a fixed length."""
    lines = [f"LDA #${value:02X}\nSTA ${address:04X}" for address, value in writes.items()]
    file = read_nsf(nsf_of("\n".join(["init:", *lines, "RTS", "play: RTS"])), "effect.nsf")
    assert file.log.duration_s == pytest.approx(seconds, abs=0.03)
    assert bool(file.warnings) == (seconds == 150.0)


def test_a_track_that_never_repeats_is_cut_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an end or a loop, a fixed length is taken, and that is said."""
    monkeypatch.setattr("synth.formats.nsf_read.SEARCH_INSTRUCTIONS", 10_000_000)
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


def test_files_on_disk(tmp_path: Path) -> None:
    """The table of formats knows `.nsf` both ways, with its track."""
    path = tmp_path / "a.nsf"
    write_chip_file(path, log_of([((0, 1),)] * 10), title="A", artist="B", copyright="C")
    file = read_chip_file(path, track=1, seconds=0.1)
    assert file.titles == Titles("A", "B", "", "C")
    assert file.format == "NSF 1"
    with pytest.raises(SynthError, match="no track 2"):
        read_chip_file(path, track=2)


def test_an_absurd_play_speed_is_refused() -> None:
    """A microsecond between calls would be a call for each instruction."""
    header = dataclasses.replace(PLAIN, play_us={"ntsc": 1, "pal": 1})
    with pytest.raises(SynthError, match="every 1 microseconds"):
        read_nsf(nsf_of(COUNTING, header), "fast.nsf")
