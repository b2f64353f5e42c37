"""Drums alone are given voices before they are gone on from."""

from dataclasses import replace

from chipgen.composing import make_piece
from chipgen.composing.voices_for_drums import is_drums_alone
from chipgen.music.score import Note, Score
from chipgen.request import ComposeRequest
from tests.seeds import band, chip


def test_drums_are_given_a_band() -> None:
    """Melody, harmony and bass are new tracks in the drums' bars and go on; the drums stay."""
    kick = tuple(Note(float(beat), 0.2, 36, 110) for beat in range(0, 16, 2))
    kit = band().tracks[3]
    kit = replace(kit, notes=tuple(sorted((*kit.notes, *kick))))
    seed = Score((kit,), end_beats=16.0)
    assert is_drums_alone(seed)
    take = make_piece(seed, ComposeRequest(bars=1))
    drums, *added = take.score.tracks
    assert [note for note in drums.notes if note.onset_beats < 16.0] == list(kit.notes)
    assert [track.name for track in added] == ["melody", "harmony", "bass"]
    for track in added:
        assert {note.onset_beats < 16.0 for note in track.notes} == {True, False}
    assert "melody, harmony and bass added" in take.remarks


def test_what_has_pitches_is_not_drums_alone() -> None:
    """Neither a band, nor music of the chip, nor nothing is."""
    assert not any(is_drums_alone(score) for score in (band(), chip(), Score()))
