"""Roles come with their reasons."""

from itertools import cycle, islice

from chipgen.music.score import Note, Score, Track
from tests.understand.bands import figure, roles, roles_of

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


def test_of_players_that_are_alike_the_highest_has_the_tune():
    """Four nameless strings: double stops and a smoother, louder part below change nothing."""
    top = tune(74, velocity=80)
    stops = tuple(Note(n.onset_beats, 1.0, n.pitch - 9, 80) for n in top[::2])
    inner = tuple(Note(k / 2, 0.5, 62 + k % 3, 100) for k in range(64))
    found = roles(
        Track("", 0, 48, tuple(sorted((*top, *stops)))),
        Track("", 1, 48, inner),
        Track("", 2, 48, tuple(Note(k, 1.0, 55 + k % 2, 80) for k in range(32))),
        Track("", 3, 48, BASS.notes),
    )
    assert "tune" in found[0]
    assert "tune" not in found[1] | found[2] | found[3]


def test_broken_chords_above_players_that_are_alike_are_no_tune():
    """Being the highest counts little for a figure that goes round."""
    found = roles(
        Track("", 0, 0, tune(60, velocity=100)),
        Track("", 1, 0, figure(84, (0, 4, 7, 12), velocity=70)),
        Track("", 2, 0, BASS.notes),
    )
    assert found[0] == {"tune"}
    assert found[1] == {"counter"}
