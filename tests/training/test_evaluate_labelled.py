"""Figures for ordinary music: labelled tunes and basses, octaves, arpeggios, drums."""

from pathlib import Path

import pytest

from chipgen.errors import ChipgenError
from chipgen.music.formats import write_score
from chipgen.music.score import Note, Score, Track
from chipgen.training.evaluate_labelled import (
    format_labelled_table,
    score_kinds,
    score_methods,
    share_by_skyline,
)
from chipgen.training.labelled_scores import (
    LabelledScore,
    label_by_names,
    read_labelled,
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
    arranger, hidden, _, highest, _ = score_methods([label_by_names(SONG)])
    assert arranger.tune == arranger.bass == hidden.tune == hidden.bass == 1.0
    assert arranger.drums == 1.0
    assert highest.drums == 0.0
    assert arranger.needless_moves == arranger.crowded_out == arranger.arpeggio == 0.0


def test_labels_hold_while_names_are_hidden():
    """Hiding names takes them from the arranger, not from the figures."""
    assert all(not track.name for track in without_names(SONG).tracks)
    assert score_methods([label_by_names(SONG)])[1].tune is not None


def test_on_one_track_labels_stay_with_their_notes():
    """Merged, a tune above its chords and a bass below are heard whole, and so are the drums."""
    band = Score(
        (
            Track("Comp", 2, 0, figure(60, (0, 4), 2.0)), Track("Melody", 0, 0, tune(76)), BASS,
            SONG.tracks[3],
        ),
        end_beats=32.0,
    )  # fmt: skip
    merged = score_methods([label_by_names(band)])[2]
    assert merged.tune == merged.bass == merged.drums == 1.0


def test_music_without_labels_has_no_share():
    """Where no track says what it is, tune and bass are left open, and the table shows that."""
    bare = Score(tracks=(Track("", 0, 0, tune()),), end_beats=32.0)
    results = score_methods([label_by_names(bare)])
    assert results[0].tune is results[0].bass is results[0].drums is None
    assert " - " in format_labelled_table(results)


def test_of_chords_the_outer_note_is_the_line():
    """A lead that plays chords is whole if its upper line is; a bass, if its lower one is."""
    lead = tuple(Note(n.onset_beats, 0.9, n.pitch - k) for n in tune(72) for k in (0, 7, 12))
    song = Score((Track("Lead", 0, 29, tuple(sorted(lead))), BASS), end_beats=32.0)
    found = score_methods([label_by_names(song)])[0]
    assert found.tune == found.bass == 1.0


def test_notes_that_are_played_as_drums_are_counted():
    """A tune labelled so whose notes lie on the noise is not heard, and is counted as drums."""
    hits = Score((Track("", 9, 0, tune(40)),), end_beats=32.0)
    labels = {(0, index): "tune" for index in range(len(hits.tracks[0].notes))}
    found = score_methods([LabelledScore(hits, labels)])[0]
    assert found.tune == 0.0
    assert found.as_drums > 0.5


def test_kinds_have_a_row_each():
    """Under their names, in the order in which they come."""
    known = label_by_names(SONG)
    scores = [LabelledScore(known.score, known.labels, kind) for kind in ("b", "a", "b")]
    assert [(row.name, row.songs) for row in score_kinds(scores)] == [("b", 2), ("a", 1)]


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
    assert len(read_labelled(tmp_path)) == 1
    with pytest.raises(ChipgenError, match="no file '\\*9"):
        read_labelled(tmp_path, "*9.mid")
    with pytest.raises(ChipgenError, match="no such folder"):
        read_labelled(tmp_path / "none")


def test_the_command_prints_the_table(tmp_path: Path):
    """The table names its methods; without a folder the command says what to give."""
    write_score(SONG, tmp_path / "a.mid", overwrite=False)
    printed = run("evaluate", "arrange", "--labelled", str(tmp_path))
    assert printed.exit_code == 0
    assert "names hidden" in printed.stdout
    missing = run("evaluate", "arrange")
    assert missing.exit_code == 2
    assert "--labelled" in missing.stderr
