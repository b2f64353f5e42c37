"""Figures for ordinary music: labelled tunes and basses, octaves, arpeggios, drums."""

from pathlib import Path

import pytest

from chipgen.errors import ChipgenError
from chipgen.music.formats import write_score
from chipgen.music.score import Note, Score, Track
from chipgen.training.evaluate_labelled import (
    evaluate_labelled,
    format_labelled_table,
    score_methods,
    share_by_skyline,
    without_names,
)
from tests.commandline import run
from tests.understand.test_roles import BASS, figure, tune

SONG = Score(
    tracks=(
        Track("Melody", 0, 0, tune(60, velocity=120)),
        Track("Arp", 2, 0, figure(84, (0, 4, 7, 12), velocity=60)),
        BASS,
        Track("Kit", 9, 0, tuple(Note(float(k), 0.25, 36 if k % 2 else 38) for k in range(32))),
    ),
    end_beats=32.0,
)


def test_the_arranger_keeps_labelled_parts_and_drums():
    """A tune under a higher figure, the bass and the drums are whole; plain methods lose some."""
    arranger, hidden, highest, _ = score_methods([SONG])
    assert arranger.tune == arranger.bass == hidden.tune == hidden.bass == 1.0
    assert arranger.drums == 1.0
    assert highest.drums == 0.0
    assert arranger.needless_moves == arranger.crowded_out == arranger.arpeggio == 0.0


def test_labels_hold_while_names_are_hidden():
    """Hiding names takes them from the arranger, not from the figures."""
    assert all(not track.name for track in without_names(SONG).tracks)
    assert score_methods([SONG])[1].tune is not None


def test_music_without_labels_has_no_share():
    """Where no track says what it is, tune and bass are left open, and the table shows that."""
    bare = Score(tracks=(Track("", 0, 0, tune()),), end_beats=32.0)
    results = score_methods([bare])
    assert results[0].tune is results[0].bass is results[0].drums is None
    assert " - " in format_labelled_table(results)


def test_skyline_takes_the_outer_notes():
    """Of three notes struck together each voice has one."""
    chord = Score(
        tracks=(Track(notes=tuple(Note(0.0, 1.0, p) for p in (40, 60, 72))),), end_beats=1.0
    )
    made = share_by_skyline(chord)
    assert [made.heard[0, k].voice for k in range(3)] == ["triangle", "pulse2", "pulse1"]


def test_a_folder_is_scored_by_pattern(tmp_path: Path):
    """Files are found in subfolders; what cannot be read is left out."""
    (tmp_path / "sub").mkdir()
    write_score(SONG, tmp_path / "sub" / "7.mid", overwrite=False)
    (tmp_path / "8.mid").write_bytes(b"no MIDI")
    assert evaluate_labelled(tmp_path)[0].songs == 1
    with pytest.raises(ChipgenError, match="no file '\\*9"):
        evaluate_labelled(tmp_path, "*9.mid")


def test_the_command_prints_the_table(tmp_path: Path):
    """The table names its methods; without a folder the command says what to give."""
    write_score(SONG, tmp_path / "a.mid", overwrite=False)
    printed = run("evaluate", "arrange", "--labelled", str(tmp_path))
    assert printed.exit_code == 0
    assert "names hidden" in printed.stdout
    missing = run("evaluate", "arrange")
    assert missing.exit_code == 2
    assert "--labelled" in missing.stderr
