"""Roles come with their reasons."""

from itertools import cycle, islice

from chipgen.music.score import Note, Score, Track
from tests.understand.bands import figure, roles_of

SCALE = (0, 2, 4, 5, 7, 9, 11, 12, 11, 7, 9, 5, 4, 2, 7, 5)


def tune(base: int = 72, bars: int = 8, velocity: int = 96) -> tuple[Note, ...]:
    """Return a melody in quarter notes."""
    pitches = islice(cycle(SCALE), 4 * bars)
    return tuple(Note(float(k), 1.0, base + p, velocity) for k, p in enumerate(pitches))


BASS = Track("Bass", 1, 33, figure(36, (0, 0, 7, 7, 5, 5, 7, 7), 1.0))


def test_reasons_are_told():
    """Every part says why it has its role, and how sure that is."""
    found = roles_of(Score(tracks=(Track("Lead", 0, 80, tune()), BASS), end_beats=32.0))
    lead, bass = found.of("tune")[0], found.of("bass")[0]
    assert any("name" in reason for reason in lead.reasons)
    assert any("name" in reason for reason in bass.reasons)
    assert 0.5 < lead.confidence < 1.0
