"""Finds which earlier bar each bar repeats, and how closely its tune and the other voices do."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.plan_features import CLOSE, NEW, VARIED
from chipgen.rows.row_states import HOLD, Rows

_CLOSE, _VARIED = 0.75, 0.35  # share of the onsets that two bars have in common
_LAGS: Final = ((2, 0.03), (4, 0.05), (8, 0.03))  # bars so far apart, or twice as far, are likelier
_GOES_ON: Final = 0.06  # as is the bar behind the one that the bar before repeats


def find_references(
    rows: Rows, starts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the bar that each bar repeats, and how.

    Parameters
    ----------
    rows
        The piece.
    starts
        Row where each bar begins, and where the last one ends; shape (bars + 1,).

    Returns
    -------
    reference
        Index of an earlier bar, -1 where there is none that is alike; shape (bars,).
    kind
        `NEW`, `VARIED` or `CLOSE`, of p1 and of the other voices; shape (bars, 2).
    """
    bars = len(starts) - 1
    reference = np.full(bars, -1, dtype=np.int64)
    kind = np.full((bars, 2), NEW, dtype=np.int64)
    table = _bar_table(rows, starts)
    tune, rest = table[:, :, 0], table[:, :, 1:].reshape(bars, -1)
    lag = np.arange(bars)[::-1]
    lean = sum(bonus * ((lag + 1) % every == 0) for every, bonus in _LAGS)
    for bar in range(1, bars):
        likeness = np.stack([_likeness(part[bar], part[:bar]) for part in (tune, rest)])
        score = likeness.mean(axis=0) + np.asarray(lean)[bars - bar :]
        if (before := reference[bar - 1]) >= 0:
            score[before + 1] += _GOES_ON
        best = int(score.argmax())
        alike = likeness[:, best]
        if alike.max() < _VARIED:
            continue
        reference[bar] = best
        kind[bar] = np.where(alike >= _CLOSE, CLOSE, np.where(alike >= _VARIED, VARIED, NEW))
    return reference, kind


def _bar_table(rows: Rows, starts: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the states of each bar, shape (bars, longest bar, 4); 0 where there is no row."""
    longest = int(np.diff(starts).max())
    at = starts[:-1, None] + np.arange(longest)
    inside = (at >= 0) & (at < np.minimum(starts[1:, None], len(rows)))
    table: NDArray[np.uint8] = rows.states[np.clip(at, 0, len(rows) - 1)]
    table[~inside] = 0
    return table


def _likeness(bar: NDArray[np.uint8], others: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the share of onsets that a bar has in common with each of others; silence is alike."""
    begun, has = bar > HOLD, others > HOLD
    both = ((others == bar) & begun).sum(axis=1)
    either = (begun | has).sum(axis=1)
    return np.where(either > 0, both / np.maximum(either, 1), 1.0)
