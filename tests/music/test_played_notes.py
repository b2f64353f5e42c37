"""Pedals hold and soften notes as on a piano."""

import pytest

from chipgen.music.played_notes import PlayedNote, perform_score
from chipgen.music.score import Control, Note, Score, Track


def played(track: Track, end_beats: float = 16.0) -> list[PlayedNote]:
    """Play one track at 120 beats a minute, in order of onset."""
    return perform_score(Score((track,), end_beats=end_beats), [0])


def line(*pitches: int) -> tuple[Note, ...]:
    """Return notes of a beat each."""
    return tuple(Note(float(k), 1.0, pitch) for k, pitch in enumerate(pitches))


def test_sostenuto_holds_what_sounds_when_it_goes_down() -> None:
    """Later notes end with their keys."""
    controls = (Control(0.5, 66, 127), Control(4.0, 66, 0))
    first, second = played(Track(notes=line(60, 62), controls=controls))
    assert first.tail_s == 2.0
    assert second.tail_s == second.end_s


def test_sustain_goes_on_where_sostenuto_ends() -> None:
    """A note that one pedal let go under the other is held until that comes up too."""
    controls = (
        Control(0.5, 66, 127),
        Control(2.0, 64, 127),
        Control(3.0, 66, 0),
        Control(5.0, 64, 0),
    )
    (note,) = played(Track(notes=line(60), controls=controls))
    assert note.tail_s == 2.5


def test_the_soft_pedal_takes_three_decibels() -> None:
    """From when it goes down until it comes up."""
    controls = (Control(1.0, 67, 127), Control(2.0, 67, 0))
    loud, soft, again = played(Track(notes=line(60, 62, 64), controls=controls))
    assert soft.level == pytest.approx(0.7 * loud.level)
    assert again.level == loud.level
