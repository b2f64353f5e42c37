"""What is written can be played by others and comes back as it was."""

import pytest

from chipgen.arranging.loop_points import find_loop
from chipgen.errors import ChipgenError
from chipgen.music.midi import midi_bytes, score_from_midi
from chipgen.music.midi.loop_marks import LOOP_MARKS
from chipgen.music.score import Marker, Note, ProgramChange, Score, Track

TUNE = tuple(Note(float(k), 1.0, 60 + k % 7) for k in range(16))

HITS = tuple(sorted(Note(k / 2, 0.25, (36, 42, 38, 42)[k % 4]) for k in range(32)))


def test_drums_are_written_on_channel_10_and_melodies_off_it() -> None:
    """Whoever reads the file hears what we do."""
    score = Score(
        (Track("Kit", 3, notes=HITS, drums=True), Track("Lead", 9, 80, TUNE, drums=False)),
        end_beats=16.0,
    )
    again = score_from_midi(midi_bytes(score))
    assert [(track.channel, track.is_drums) for track in again.tracks] == [(9, True), (0, False)]
    assert [track.notes for track in again.tracks] == [HITS, TUNE]


def test_programs_come_back_where_they_change() -> None:
    """Before the note that hears them."""
    changes = (ProgramChange(4.0, 11), ProgramChange(8.0, 80))
    score = Score((Track("A", 0, 33, TUNE, program_changes=changes),), end_beats=16.0)
    assert score_from_midi(midi_bytes(score)) == score


@pytest.mark.parametrize("kind", LOOP_MARKS)
def test_loops_come_back_from_every_kind_of_mark(kind: str) -> None:
    """Written on request as others write them."""
    markers = (Marker(2.0, "loopStart"), Marker(14.0, "loopEnd"))
    score = Score((Track(notes=TUNE),), end_beats=16.0, markers=markers)
    data = midi_bytes(score, loop_marks=kind)
    assert find_loop(score_from_midi(data)) == (2.0, 14.0)
    assert (b"loopStart" in data) == (kind == "markers")


def test_an_unknown_kind_of_mark_is_refused() -> None:
    """The known ones are named."""
    with pytest.raises(ChipgenError, match="markers, brackets"):
        midi_bytes(Score(), loop_marks="dots")
