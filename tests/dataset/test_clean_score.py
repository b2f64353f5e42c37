"""Cleaning keeps long enough pitched notes and counts why songs are left out."""

from pathlib import Path

from chipgen.dataset.clean_score import CleanConfig, clean_score, is_auxiliary
from chipgen.dataset.slice_cache import (
    DatasetConfig,
    prepare,
)
from chipgen.music.formats import write_score
from chipgen.music.score import Note, Score, Track
from tests.dataset.tunes import tune


def test_reasons_for_leaving_songs_out_are_counted(folder: Path) -> None:
    """Too short, empty, only drums, unreadable: each file is accounted for."""
    train = folder / "train"
    write_score(tune(60, beats=4), train / "short.mid", overwrite=False)
    drums = Track("kit", 9, 0, tuple(Note(float(k), 0.5, 38) for k in range(20)))
    write_score(Score(tracks=(drums,), end_beats=20.0), train / "drums.mid", overwrite=False)
    (train / "broken.mid").write_bytes(b"MThd but no more")
    stats = prepare(folder, DatasetConfig()).stats["train"]
    assert (stats.files, stats.kept) == (6, 3)
    assert stats.dropped == {"no pitched note long enough": 1, "too short": 1, "unreadable": 1}


def test_cleaning_keeps_long_enough_pitched_notes() -> None:
    """Short notes, percussion and breath noise go; a short piece goes as a whole."""
    notes = (Note(0, 0.12, 60), Note(1, 0.13, 62), Note(2, 8, 64))
    score = Score(
        tracks=(
            Track("lead", 0, 80, notes),
            Track("no", 9, 121, (Note(0, 9, 5),), role="no"),
            Track("breath", 2, 121, (Note(0, 9, 70),)),
            Track("kit", 9, 0, (Note(0, 9, 38),)),
        ),
        end_beats=10.0,
    )
    cleaned = clean_score(score, CleanConfig())
    assert cleaned is not None
    assert [note.pitch for track in cleaned.tracks for note in track.notes] == [62, 64]
    assert [is_auxiliary(track) for track in score.tracks] == [False, True, True, True]
    assert clean_score(score, CleanConfig(min_track_s=5.1)) is None
    everything = clean_score(score, CleanConfig(min_note_s=0, drop_auxiliary=False))
    assert everything is not None
    assert len(everything.tracks) == 4
