"""`chipgen arrange` and what presets and echoes do to an arrangement."""

from pathlib import Path

from chipgen.music.formats import write_score
from chipgen.music.midi import read_midi
from chipgen.music.score import Note, Score, Track
from tests.commandline import run

TUNE = Track(name="Tune", channel=0, notes=tuple(Note(k, 1, 72 + k) for k in range(8)))

CHORDS = Track(
    name="Chords", channel=1, notes=tuple(Note(k, 1, p) for k in range(8) for p in (55, 60, 64))
)

BASS = Track(name="Bass", channel=2, program=33, notes=tuple(Note(k, 1, 36) for k in range(8)))

DRUMS = Track(name="Kit", channel=9, notes=tuple(Note(k, 0.5, (36, 38)[k % 2]) for k in range(8)))

BAND = Score(tracks=(TUNE, CHORDS, BASS, DRUMS), end_beats=8.0)


def test_the_command_writes_four_editable_tracks(tmp_path: Path):
    """The file has p1, p2, tr and no, in the chip's dialect, with the source's notes."""
    write_score(BAND, tmp_path / "band.mid", overwrite=False)
    result = run("arrange", tmp_path / "band.mid", "-o", tmp_path / "four.mid")
    assert result.exit_code == 0, result.output
    four = read_midi(tmp_path / "four.mid")
    assert four.dialect == "nesmdb"
    assert [track.role for track in four.tracks] == ["p1", "p2", "tr", "no"]
    assert [n.pitch for n in four.tracks[0].notes] == [n.pitch for n in TUNE.notes]
    assert {n.pitch for n in four.tracks[1].notes} == {55, 60, 64}
    assert {n.pitch for n in four.tracks[2].notes} == {36}


def test_the_report_says_what_went_where_and_why(tmp_path: Path):
    """Every track has a row, and what was changed has a reason."""
    write_score(BAND, tmp_path / "band.mid", overwrite=False)
    result = run("arrange", tmp_path / "band.mid", "-o", tmp_path / "four.mid", "--report",
                 "--map", "drop=track:Kit")  # fmt: skip
    assert result.exit_code == 0, result.output
    for word in ("Tune", "Chords", "Bass", "in all", "arpeggiated", "the map drops its track"):
        assert word in result.stdout


def test_the_command_replaces_nothing_unasked(tmp_path: Path):
    """An existing file is named and left as it is; a wrong map is one line."""
    write_score(BAND, tmp_path / "band.mid", overwrite=False)
    (tmp_path / "four.mid").write_bytes(b"mine")
    result = run("arrange", tmp_path / "band.mid", "-o", tmp_path / "four.mid")
    assert result.exit_code == 1
    assert (tmp_path / "four.mid").read_bytes() == b"mine"
    result = run(
        "arrange", tmp_path / "band.mid", "-o", tmp_path / "b.mid", "--map", "bass=track:9"
    )
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "b.mid").exists()


def test_a_file_without_notes_is_refused(tmp_path: Path):
    """No empty arrangement is written."""
    write_score(Score(), tmp_path / "empty.mid", overwrite=False)
    result = run("arrange", tmp_path / "empty.mid", "-o", tmp_path / "four.mid")
    assert result.exit_code == 1
    assert "has no notes to arrange" in result.stderr
    assert not (tmp_path / "four.mid").exists()
