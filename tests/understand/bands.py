"""Tracks whose roles are known."""

from itertools import cycle, islice

from hypothesis import strategies as st

from chipgen.music.score import Note, Score, Track
from chipgen.understand import understand
from chipgen.understand.roles import Roles


def figure(
    base: int, offsets: tuple[int, ...], step: float = 0.25, bars: int = 8, velocity: int = 96
) -> tuple[Note, ...]:
    """Return a broken chord that goes round."""
    count = int(4 * bars / step)
    pitches = islice(cycle(offsets), count)
    return tuple(Note(k * step, step, base + p, velocity) for k, p in enumerate(pitches))


def chords(pitches: tuple[int, ...], length: float = 4.0, bars: int = 8) -> tuple[Note, ...]:
    """Return the same chord again and again."""
    return tuple(
        Note(k * length, length, pitch) for k in range(int(4 * bars / length)) for pitch in pitches
    )


def roles_of(score: Score) -> Roles:
    """Return who plays what."""
    return understand(score).roles


def roles(*tracks: Track) -> dict[int, set[str]]:
    """Return the roles of each track's notes."""
    found = roles_of(Score(tracks=tracks, end_beats=32.0))
    named: dict[int, set[str]] = {}
    for part in found.parts:
        named.setdefault(part.track, set()).add(part.role)
    return named


tracks = st.builds(
    Track,
    name=st.sampled_from(["", "Lead", "Bass", "Pad", "FX", "音"]),
    channel=st.integers(0, 8),
    program=st.integers(0, 127),
    notes=st.lists(
        st.builds(
            Note, st.floats(0, 40), st.floats(0.01, 12), st.integers(0, 127), st.integers(1, 127)
        ),
        max_size=40,
    ).map(lambda notes: tuple(sorted(notes))),
)
