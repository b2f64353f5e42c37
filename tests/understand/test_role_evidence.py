"""Octaves and unisons are doubles; a bass on the root of chords is none."""

from itertools import cycle, islice

from chipgen.music.score import Note, Track
from tests.understand.bands import chords, figure, roles

SCALE = (0, 2, 4, 5, 7, 9, 11, 12, 11, 7, 9, 5, 4, 2, 7, 5)


def tune(base: int = 72, bars: int = 8, velocity: int = 96) -> tuple[Note, ...]:
    """Return a melody in quarter notes."""
    pitches = islice(cycle(SCALE), 4 * bars)
    return tuple(Note(float(k), 1.0, base + p, velocity) for k, p in enumerate(pitches))


BASS = Track("Bass", 1, 33, figure(36, (0, 0, 7, 7, 5, 5, 7, 7), 1.0))


def test_octaves_and_unisons_are_doubles():
    """Of two tracks with the same notes in octaves one is the tune, the other doubles it."""
    found = roles(Track("", 0, 73, tune(84)), Track("", 2, 40, tune(72)), BASS)
    assert sorted(map(min, (found[0], found[1]))) == ["double", "tune"]


def test_a_bass_on_the_root_of_chords_is_no_double():
    """A bass stays a bass although each of its notes is in the chord above it."""
    found = roles(
        Track("", 0, 80, tune()), Track("", 2, 0, chords((48, 52, 55), 1.0)),
        Track("", 1, 34, figure(36, (0,), 1.0)),
    )  # fmt: skip
    assert found[2] == {"bass"}
    assert found[1] == {"harmony"}
