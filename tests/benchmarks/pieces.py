"""Pieces whose form, harmony, meter and ends are known because they are made so."""

from collections.abc import Sequence

import numpy as np

from benchmarks.listener.piece import Piece, make_piece_of

PLAN = (0, 5, 3, 4)  # I vi IV V
SCALE = (0, 2, 4, 5, 7, 9, 11)


def tone(degree: int, octave: int = 60) -> int:
    """Return a pitch of C major, degrees counted from 0."""
    return octave + 12 * (degree // 7) + SCALE[degree % 7]


def bar_of(shape: Sequence[int], root: int, at: float) -> dict[str, list[tuple[float, float, int]]]:
    """Return a bar in four voices: a tune of quarters, chords, a bass on the root, drums."""
    return {
        "melody": [(at + k, 0.9, tone(root + step)) for k, step in enumerate(shape)],
        "guitar": [(at + k, 0.9, tone(root + step, 48)) for k in (0, 2) for step in (0, 2, 4)],
        "bass": [(at, 1.9, tone(root, 36)), (at + 2, 1.9, tone(root, 36))],
        "drums": [(at + k / 2, 0.1, 36 if k % 4 == 0 else 42) for k in range(8)],
    }


def song(bars: int = 16, number: int = 0, repeats_after: int = 4) -> Piece:
    """Return a song on I vi IV V whose bars come again after so many bars, exactly."""
    rng = np.random.default_rng(number)
    # On the strong beats the tune is in the chord.
    shapes = [
        [int(rng.integers(-3, 11) if k % 2 else rng.choice((0, 2, 4, 7))) for k in range(4)]
        for _ in range(repeats_after)
    ]
    lines: dict[str, list[tuple[float, float, int]]] = {}
    for bar in range(bars):
        made = bar_of(shapes[bar % repeats_after], PLAN[bar % 4], 4.0 * bar)
        for name, notes in made.items():
            lines.setdefault(name, []).extend(notes)
    return make_piece_of(lines)
