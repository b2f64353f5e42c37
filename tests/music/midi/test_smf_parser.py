"""Whatever is given as a MIDI file, the answer is what can be read of it or one clear line."""

import functools
import logging
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.errors import ChipgenError
from chipgen.music.midi import read as midi_read
from chipgen.music.midi import read_midi, score_from_midi
from chipgen.music.midi import smf_parser as midi_events
from chipgen.music.score import Score
from tests import midi_files as smf
from tests.work import count_lines

NOTE = smf.note(60, 480)
GOOD = smf.midi(smf.tempo(0, 500_000) + smf.meter(0, 4, 2), NOTE + smf.note(62, 480), NOTE)
EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.mid"))

REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "a PNG": (b"\x89PNG\r\n\x1a\n" + bytes(100), "not a MIDI file"),
    "text": (b"hello, world", "not a MIDI file"),
    "zeros": (bytes(1000), "not a MIDI file"),
    "four bytes": (b"MThd", "cut short in its header"),
    "half a header": (GOOD[:11], "cut short in its header"),
    "header alone": (smf.header(1, 1), "no tracks"),
    "zero tracks": (smf.header(1, 0), "no tracks"),
    "format 3": (smf.midi(NOTE, kind=3), "format 3"),
    "format 65535": (smf.midi(NOTE, kind=0xFFFF), "format 65535"),
    "division 0": (smf.midi(NOTE, division=0), "0 ticks a beat"),
    "SMPTE of 1 frame": (smf.midi(NOTE, division=0xFF28), "1/1 s frames"),
    "SMPTE of no ticks": (smf.midi(NOTE, division=0xE700), "0 ticks"),
    "a thousand million ticks of silence": (
        smf.midi(b"".join(smf.meta(0x0FFFFFFF, 1, b"") for _ in range(4)) + NOTE),
        "hours; at most 6",
    ),
    "beats without end at a breakneck tempo": (
        smf.midi(smf.tempo(0, 1) + smf.meta(0x0FFFFFFF, 1, b"") + NOTE, division=24),
        "beats; at most 250,000",
    ),
    "slowest tempo": (smf.midi(smf.tempo(0, 0xFFFFFF) + smf.note(60, 3_000_000)), "hours"),
    "first byte of the track is data": (smf.midi(b"\x00\x3c\x40"), "no notes that can be read"),
    "cut in its first note": (smf.header() + smf.chunk(b"MTrk", b"\x00\x90\x3c", 20), "damaged"),
    "declares 4 GB, has none": (smf.header() + smf.chunk(b"MTrk", b"", 0xFFFFFFFF), "damaged"),
    "a time of five bytes": (smf.midi(b"\xff\xff\xff\xff\x7f" + NOTE), "more than four bytes"),
    "a time without end": (smf.midi(b"\x80" * 100_000), "more than four bytes"),
    "a meta event of 256 MB": (smf.midi(b"\x00\xff\x01\xff\xff\xff\x7fabc"), "cut short"),
    "a sysex of 256 MB": (smf.midi(b"\x00\xf0\xff\xff\xff\x7fabc"), "cut short"),
    "RIFF of something else": (b"RIFF\x04\0\0\0WAVE" + bytes(40), "not a MIDI file"),
    "RIFF without data": (b"RIFF\x04\0\0\0RMID" + bytes(40), "RIFF file without MIDI"),
    "RIFF with an empty song": (b"RIFF\x0c\0\0\0RMIDdata\0\0\0\0", "empty"),
}

_HANGING = smf.event(0, 0x90, 60, 90)

# What is readable of each has one note of pitch 60 and a length of one beat.
MENDED: dict[str, bytes] = {
    "no end of track": smf.header() + smf.track(NOTE, end=b""),
    "declared longer than it is": smf.header() + smf.chunk(b"MTrk", NOTE + smf.END, 5000),
    "declared shorter than it is": smf.header() + smf.chunk(b"MTrk", NOTE + smf.END, 10_000),
    "more tracks declared": smf.header(1, 7) + smf.track(NOTE),
    "fewer tracks declared": smf.header(1, 0) + smf.track(b"") + smf.track(NOTE),
    "declares so much that the next track is in it": (
        smf.header(1, 2) + smf.chunk(b"MTrk", smf.END, 9999) + smf.track(NOTE)
    ),
    "rubbish after the last track": smf.midi(NOTE) + b"\x00\xff rubbish" * 20,
    "rubbish before the track": smf.header() + b"\x00\x01\x02" + smf.track(NOTE),
    "another program's chunk": smf.header() + smf.chunk(b"XFIH", bytes(30)) + smf.track(NOTE),
    "a long header": smf.chunk(b"MThd", smf.header()[8:] + b"more") + smf.track(NOTE),
    "a header of length 0": b"MThd\0\0\0\0" + smf.header()[8:] + smf.track(NOTE),
    "a header of length 4 billion": b"MThd\xff\xff\xff\xff" + smf.header()[8:] + smf.track(NOTE),
    "format 2 of one track": smf.midi(NOTE, kind=2),
    "note-off first": smf.midi(smf.event(0, 0x80, 60, 0) + NOTE),
    "never ended": smf.midi(_HANGING + smf.meta(480, 1, b"")),
    "running status after a meta event": smf.midi(
        _HANGING + smf.meta(0, 1, b"x") + smf.event(480, 60, 0)
    ),
    "running status after a sysex": smf.midi(
        _HANGING + b"\x00\xf0\x02\x01\xf7" + smf.event(480, 60, 0)
    ),
    "system messages in the file": smf.midi(
        smf.event(0, 0xF8) + smf.event(0, 0xF2, 1, 2) + smf.event(0, 0xF3, 1) + NOTE
    ),
    "an undefined status": smf.midi(smf.event(0, 0xF4) + smf.event(0, 0xF5) + NOTE),
    "tempo 0": smf.midi(smf.tempo(0, 0) + NOTE),
    "a tempo of one byte": smf.midi(smf.meta(0, 0x51, b"\x01") + NOTE),
    "an empty tempo": smf.midi(smf.meta(0, 0x51, b"") + NOTE),
    "meter 0/4": smf.midi(smf.meter(0, 0, 2) + NOTE),
    "meter 4/2^200": smf.midi(smf.meter(0, 4, 200) + NOTE),
    "an empty meter": smf.midi(smf.meta(0, 0x58, b"") + NOTE),
    "key of 99 sharps": smf.midi(smf.meta(0, 0x59, b"\x63\x00") + NOTE),
    "key of 8 flats": smf.midi(smf.meta(0, 0x59, b"\xf8\x00") + NOTE),
    "key of a third mode": smf.midi(smf.meta(0, 0x59, b"\x00\x02") + NOTE),
    "an empty key": smf.midi(smf.meta(0, 0x59, b"") + NOTE),
    "an empty port": smf.midi(smf.meta(0, 0x21, b"") + NOTE),
    "an unknown meta event": smf.midi(smf.meta(0, 0x4F, b"\xff" * 300) + NOTE),
    "meta event type above 127": smf.midi(smf.meta(0, 0xAA, b"\x01") + NOTE),
    "name in latin-1": smf.midi(smf.meta(0, 3, "Flöte".encode("latin-1")) + NOTE),
    "name in Shift JIS": smf.midi(smf.meta(0, 3, "笛".encode("shift-jis")) + NOTE),
    "name in UTF-16": smf.midi(smf.meta(0, 3, "Flute".encode("utf-16")) + NOTE),
    "name of zeros": smf.midi(smf.meta(0, 3, bytes(50)) + NOTE),
    "a name of 100 kB": smf.midi(smf.meta(0, 3, b"a" * 100_000) + NOTE),
    "a marker of control characters": smf.midi(smf.meta(0, 6, bytes(range(32))) + NOTE),
    "breaks off after the note": smf.midi(NOTE)[:-4],
    "breaks off in the next note": smf.midi(NOTE + NOTE)[: 22 + len(NOTE) + 2],
    "data byte after a broken time": smf.midi(NOTE + b"\xff\xff\xff\xff\xff"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_played_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    """The message names the file and what is wrong with it."""
    data, message = REFUSED[name]
    path = tmp_path / "song.mid"
    path.write_bytes(data)
    with pytest.raises(ChipgenError, match=message) as caught:
        read_midi(path)
    _check_line(str(caught.value), str(path))


@pytest.mark.parametrize("name", MENDED)
def test_what_can_be_read_is_read(name: str) -> None:
    """The note before, after or between the damage is there, with its length."""
    score = score_from_midi(MENDED[name])
    notes = [note for track in score.tracks for note in track.notes]
    assert [(note.pitch, note.onset_beats, note.duration_beats) for note in notes] == [
        (60, 0.0, 1.0)
    ]
    assert score.tempos[0].bpm == 120
    assert score.key == ""
    assert all(len(track.name) <= 1000 and track.name.isprintable() for track in score.tracks)


def test_names_are_read_in_the_encodings_they_come_in() -> None:
    """UTF-8 where it is valid, else Latin-1."""
    for encoding in ("utf-8", "latin-1"):
        data = smf.midi(smf.meta(0, 3, "Flöte".encode(encoding)) + NOTE)
        assert score_from_midi(data).tracks[0].name == "Flöte"


def test_data_bytes_above_127_are_taken_as_127() -> None:
    """They are out of range, not new messages."""
    body = smf.event(0, 0x90, 60, 200) + smf.event(480, 0x80, 60, 200) + smf.note(60, 480)
    notes = score_from_midi(smf.midi(body)).tracks[0].notes
    assert [note.velocity for note in notes] == [127, 90]


def test_damage_is_told(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """Half a download plays, but not in silence: the log names file and track."""
    path = tmp_path / "half.mid"
    path.write_bytes(GOOD[:-6])
    with caplog.at_level(logging.WARNING):
        score = read_midi(path)
    assert len(score.tracks) == 2
    assert "half.mid is damaged (track 3" in caplog.text
    caplog.clear()
    score_from_midi(GOOD)
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda _: None, "does not exist"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.symlink_to(path), "cannot be read|does not exist"),
        (lambda path: path.symlink_to("/dev/null"), "is not a file"),
    ],
)
def test_what_is_no_file_is_refused(
    make: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    """A missing file, a folder, a link to itself, a device."""
    path = tmp_path / "song.mid"
    make(path)
    with pytest.raises(ChipgenError, match=message) as caught:
        read_midi(path)
    _check_line(str(caught.value), str(path))


def test_a_file_that_may_not_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's reason is passed on (as root nothing is forbidden, so it is made up here)."""
    path = tmp_path / "song.mid"
    path.write_bytes(GOOD)

    def forbidden(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    with pytest.raises(ChipgenError, match="cannot be read \\(Permission denied\\)"):
        read_midi(path)


def test_too_large_a_file_is_not_even_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The size is looked at first."""
    path = tmp_path / "song.mid"
    path.write_bytes(GOOD)
    monkeypatch.setattr(midi_read, "MIDI", replace(midi_read.MIDI, max_bytes=10))
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("opened"))
    with pytest.raises(ChipgenError, match="larger than"):
        read_midi(path)


@pytest.mark.parametrize(
    "filler",
    [smf.event(0, 0x90, 60, 1), smf.meta(0, 1, b"x"), smf.event(0, 0xF8), b"\x00\xf0\x00"],
    ids=["notes", "texts", "clocks", "sysexes"],
)
def test_too_many_events_are_refused(filler: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory and time are bounded by events of every kind, kept or not."""
    monkeypatch.setattr(midi_events, "MAX_EVENTS", 1000)
    score_from_midi(smf.midi(NOTE + filler * 900))
    with pytest.raises(ChipgenError, match="more than 1,000 events"):
        score_from_midi(smf.midi(NOTE + filler * 1001))


def test_too_many_tracks_are_refused() -> None:
    """Likewise a file of nothing but tracks."""
    with pytest.raises(ChipgenError, match="more than 10,000 tracks"):
        score_from_midi(smf.header(1, 65535) + smf.track(b"") * 10_001)


def test_shared_controls_cannot_multiply_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Controls that reach every player of a channel count once for each."""
    monkeypatch.setattr(midi_events, "MAX_EVENTS", 5000)
    monkeypatch.setattr("chipgen.music.midi.channel_messages.MAX_EVENTS", 5000)
    controls = smf.event(0, 0xB0, 7, 1) * 500
    with pytest.raises(ChipgenError, match="too many tracks on one channel"):
        score_from_midi(smf.midi(controls, *[NOTE] * 20))


def test_a_hundred_damaged_files(caplog: pytest.LogCaptureFixture) -> None:
    """Real files, cut, flipped and spliced at random, give a sound score or one line.

    The work is bounded by the file's size, whatever lengths and numbers the file claims.
    """
    rng = random.Random(2003)
    sources = [GOOD, *(path.read_bytes() for path in EXAMPLES)]
    read = 0
    for index in range(300):
        data = bytearray(rng.choice(sources))
        damage = index % 3
        if damage == 0:
            del data[rng.randrange(len(data)) :]
        elif damage == 1:
            for _ in range(rng.randint(1, 40)):
                data[rng.randrange(len(data))] = rng.randrange(256)
        else:
            start = rng.randrange(len(data))
            del data[start : start + rng.randint(1, 60)]
        works = functools.partial(_reads_or_refuses, bytes(data))
        if index < 30:  # counting takes time of its own
            lines = count_lines(works)
            assert lines < 200 * len(data) + 100_000
        read += works()
    assert read > 150
    assert all("\n" not in record.getMessage() for record in caplog.records)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_arbitrary_bytes(data: bytes, has_header: bool) -> None:
    """Bytes of any kind, alone or as a track."""
    _reads_or_refuses(smf.midi(data) if has_header else data)


def _reads_or_refuses(data: bytes) -> bool:
    try:
        score = score_from_midi(data, name="song.mid")
    except ChipgenError as error:
        _check_line(str(error), "song.mid")
        return False
    _check_sound(score)
    return True


def _check_line(message: str, name: str) -> None:
    assert message.startswith(name)
    assert "\n" not in message
    assert len(message) < len(name) + 160


def _check_sound(score: Score) -> None:
    """All that the Score's contract promises."""
    assert 0 <= score.end_beats <= 250_001
    assert score.duration_s <= 6 * 3600 + 1
    assert len(score.bar_starts_beats()) < 5_000_000
    for track in score.tracks:
        assert track.notes
        order = [(note.onset_beats, note.pitch) for note in track.notes]
        assert order == sorted(order)
        for note in track.notes:
            assert note.onset_beats >= 0
            assert note.duration_beats > 0
            assert note.end_beats <= score.end_beats
            assert 0 <= note.pitch <= 127
            assert 1 <= note.velocity <= 127
        for control in track.controls:
            assert 0 <= control.value <= 127
        assert [bend.beat for bend in track.bends] == sorted({bend.beat for bend in track.bends})
