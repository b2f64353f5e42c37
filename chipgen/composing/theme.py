"""Finds the bar with which a seed's theme begins, behind an introduction."""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.form import USUAL_PHRASE
from chipgen.rows.row_states import HOLD

_FULL, _SINGS = 0.5, 3  # of a tune's usual notes in a bar, and bars of four that have them
_FEWEST_PHRASES: Final = 4  # of a seed of which one can be told to return
_RETURNS, _NEW = 0.6, 0.3  # likeness of a phrase that comes back, and of one that never does


def theme_bar(tune: NDArray[np.uint8], starts: NDArray[np.int64]) -> int:
    """Return the bar with which a seed's theme begins: its first phrase that is no introduction.

    That is the first phrase in which three of four bars have at least half of the tune's usual
    notes. If nothing like it ever comes back, but a later phrase of the seed's first half does, it
    is an introduction with a line of its own, and the theme is what comes back.

    Parameters
    ----------
    tune
        States of p1, shape (rows,).
    starts
        Rows at which bars begin, and where the last one ends.
    """
    edges = np.clip(starts, 0, len(tune)).tolist()
    bars = [_notes(tune[begin:end]) for begin, end in pairwise(edges)]
    counts = np.array([len(bar) for bar in bars], dtype=np.int64)
    if not counts.any():
        return 0
    sings = counts >= _FULL * np.median(counts[counts > 0])
    first = range(0, len(bars) - USUAL_PHRASE + 1, USUAL_PHRASE)
    sung = [bar for bar in first if sings[bar : bar + USUAL_PHRASE].sum() >= _SINGS]
    if len(sung) < _FEWEST_PHRASES:
        return sung[0] if sung else 0
    back = [max((_likeness(bars, bar, later) for later in sung[k + 1 :]), default=0.0)
            for k, bar in enumerate(sung)]  # fmt: skip
    if back[0] >= _NEW:
        return sung[0]
    half = len(bars) / 2
    returning = (b for b, value in zip(sung, back, strict=True) if value >= _RETURNS and b < half)
    return next(returning, sung[0])


def _notes(tune: NDArray[np.uint8]) -> set[tuple[int, int]]:
    """Return what a bar of the tune begins: places and pitches."""
    rows = np.flatnonzero(tune > HOLD)
    return set(zip(rows.tolist(), tune[rows].tolist(), strict=True))


def _likeness(bars: list[set[tuple[int, int]]], one: int, other: int) -> float:
    """Return how alike two phrases are, 0–1."""
    pairs = [(bars[one + k], bars[other + k]) for k in range(USUAL_PHRASE)]
    return float(np.mean([2 * len(a & b) / max(1, len(a) + len(b)) for a, b in pairs]))
