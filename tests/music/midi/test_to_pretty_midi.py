"""pretty_midi finds the same notes, and scores come back from it."""

from pathlib import Path

import pretty_midi
import pytest

from chipgen.music.midi import (
    from_pretty_midi,
    read_midi,
    to_pretty_midi,
)
from chipgen.music.score import Note, Score, Track
from tests.music.midi.rich_score import RICH, assert_same

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.mid"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_pretty_midi_finds_the_same_notes_in_seconds(path: Path) -> None:
    """Onsets, ends, programs and drums, through another library's tempo map."""
    score = read_midi(path)
    theirs = [
        (note.start, note.end, note.pitch, note.velocity, part.program, part.is_drum)
        for part in to_pretty_midi(score).instruments
        for note in part.notes
    ]
    ours = [
        (*times, note.pitch, note.velocity, track.program, track.channel == 9)
        for track in score.tracks
        for note in track.notes
        for times in [score.beats_to_seconds([note.onset_beats, note.end_beats]).tolist()]
    ]
    assert_same(theirs, ours)


def test_pretty_midi_and_back() -> None:
    """Notes, programs and bends survive the way there and back, in seconds."""
    again = from_pretty_midi(to_pretty_midi(RICH))
    for ours, theirs in zip(RICH.tracks, again.tracks, strict=True):
        assert (theirs.program, theirs.is_drums) == (ours.program, ours.is_drums)
        assert_same(
            [
                (*again.beats_to_seconds([n.onset_beats, n.end_beats]), n.pitch)
                for n in theirs.notes
            ],
            [(*RICH.beats_to_seconds([n.onset_beats, n.end_beats]), n.pitch) for n in ours.notes],
            tolerance_s=2e-3,  # it rounds to its own ticks
        )


def test_long_fine_files_reach_pretty_midi_too() -> None:
    """Its limit on ticks does not stand in the way, and is as it was afterwards."""
    limit = pretty_midi.pretty_midi.MAX_TICK
    score = Score((Track(notes=(Note(1000.0, 1 / 22050, 60),)),))
    assert to_pretty_midi(score).instruments[0].notes[0].start == pytest.approx(500.0)
    assert limit == pretty_midi.pretty_midi.MAX_TICK
