"""ABC, MusicXML and MuseScore files become scores like any other."""

import os
import zipfile
from pathlib import Path

import pytest

from chipgen.errors import ChipgenError
from chipgen.music.formats import read_score, score_songs
from chipgen.music.midi import midi_bytes
from chipgen.music.notation_fuzz_seeds import abc, musescore, musicxml
from chipgen.music.score import Note, Score, Track
from synth.errors import SynthError

GRACE = "<note><grace/><pitch><step>B</step><octave>4</octave></pitch><type>eighth</type></note>"


def write(path: Path, data: bytes) -> Path:
    """Write a file and return its path."""
    path.write_bytes(data)
    return path


def played(score: Score) -> list[tuple[float, float, int]]:
    """Return onset, length and pitch of a score's notes."""
    return [
        (round(note.onset_beats, 3), round(note.duration_beats, 3), note.pitch)
        for track in score.tracks
        for note in track.notes
    ]


def test_abc_with_its_repeats(tmp_path: Path) -> None:
    """Key, meter, tempo and lengths are the notation's; a repeat is played twice."""
    pytest.importorskip("music21")
    score = read_score(write(tmp_path / "tune.abc", abc()[0]))
    bars = [(0.0, 1.0, 62), (1.0, 1.0, 66), (2.0, 1.0, 69), (3.0, 2.0, 74), (5.0, 1.0, 73)]
    bars += [(6.0, 1.0, 69), (7.0, 1.0, 66), (8.0, 1.0, 62), (9.0, 3.0, 64)]
    assert played(score) == bars + [(onset + 12.0, n, pitch) for onset, n, pitch in bars]
    assert score.remarks == ()
    assert score.tempos[0].bpm == pytest.approx(140, abs=0.01)
    assert (score.meters[0].numerator, score.meters[0].denominator) == (3, 4)


def test_each_tune_of_an_abc_file_is_a_song(tmp_path: Path) -> None:
    """They are listed with their titles and chosen by number."""
    pytest.importorskip("music21")
    path = write(tmp_path / "tunes.abc", abc()[1])
    assert [(song.number, song.title) for song in score_songs(path)] == [
        (1, "Tune"), (2, "Second")
    ]  # fmt: skip
    assert played(read_score(path, song=2))[0] == (0.0, 1.0, 69)
    with pytest.raises(ChipgenError, match="holds 2 songs"):
        read_score(path, song=3)


@pytest.mark.parametrize("packed", [False, True])
def test_musicxml_plain_and_packed(packed: bool, tmp_path: Path) -> None:
    """Four quarters of a flute."""
    pytest.importorskip("music21")
    path = tmp_path / ("score.mxl" if packed else "score.musicxml")
    score = read_score(write(path, musicxml()[packed]))
    assert played(score) == [(float(k), 1.0, pitch) for k, pitch in enumerate((60, 62, 64, 65))]


def test_grace_notes_are_short_and_before_the_beat(tmp_path: Path) -> None:
    """The note before them ends as they begin, in the bar before, too; before the piece is none."""
    pytest.importorskip("music21")
    text = musicxml()[0].decode().replace("<note>", f"{GRACE}<note>")
    score = read_score(write(tmp_path / "score.musicxml", text.encode()))
    main = [(float(k), 0.917 if k < 3 else 1.0, p) for k, p in enumerate((60, 62, 64, 65))]
    graces = [(round(k - 1 / 12, 3), 0.083, 71) for k in (1, 2, 3)]
    assert played(score) == sorted([*main, *graces])
    tune = "X:1\nT:Graces\nM:4/4\nL:1/4\nK:C\nc d {fe}d2 | {g}f4 |]\n"
    assert played(read_score(write(tmp_path / "tune.abc", tune.encode()))) == [
        (0.0, 1.0, 72), (1.0, 0.833, 74), (1.833, 0.083, 77), (1.917, 0.083, 76),
        (2.0, 1.917, 74), (3.917, 0.083, 79), (4.0, 4.0, 77),
    ]  # fmt: skip


@pytest.mark.parametrize("order", ["le", "be"])
def test_musicxml_in_utf_16(order: str, tmp_path: Path) -> None:
    """Some programs write it."""
    pytest.importorskip("music21")
    text = musicxml()[0].decode().replace("UTF-8", "UTF-16")
    data = f"\ufeff{text}".encode(f"utf-16-{order}")
    assert len(played(read_score(write(tmp_path / "score.musicxml", data)))) == 4


def test_damaged_notation_is_one_line(tmp_path: Path) -> None:
    """Whatever the library meets."""
    pytest.importorskip("music21")
    for name, data in (
        ("a.musicxml", b"<score-partwise><part"),
        ("b.mxl", b"PK\x03\x04 and no more"),
        ("c.abc", b"X:1\nK:\n"),
    ):
        with pytest.raises(ChipgenError) as caught:
            read_score(write(tmp_path / name, data))
        assert "\n" not in str(caught.value)
        assert str(tmp_path / name) in str(caught.value)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """What a packed file says of its size is believed before it is unpacked."""
    path = tmp_path / "bomb.mxl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("score.xml", bytes(60_000_000))
    with pytest.raises(ChipgenError, match="more than 50 MB"):
        read_score(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("score.xml", b"<score-partwise/>")
    with pytest.raises(ChipgenError, match="other means than Deflate"):
        read_score(path)


def test_without_the_extra_its_name_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line with what to install."""
    monkeypatch.setitem(__import__("sys").modules, "music21", None)
    with pytest.raises(SynthError, match=r"chipgen\[scores\]"):
        read_score(write(tmp_path / "tune.abc", abc()[0]))


def test_musescore_files_are_read_by_musescore(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program is asked for MIDI; where it is missing, the way out is said."""
    path = write(tmp_path / "song.mscz", musescore()[0])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ChipgenError, match="export the score as MusicXML"):
        read_score(path)
    song = Score((Track(notes=(Note(0.0, 1.0, 67),)),), end_beats=1.0)
    (tmp_path / "made.mid").write_bytes(midi_bytes(song))
    program = tmp_path / "mscore"
    program.write_text(f'#!/bin/sh\n/bin/cp {tmp_path}/made.mid "$2"\n')
    program.chmod(0o755)
    assert os.access(program, os.X_OK)
    assert played(read_score(path)) == [(0.0, 1.0, 67)]
