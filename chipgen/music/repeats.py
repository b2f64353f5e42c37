"""Finds the repetition that notes end with: its lag, its start and how exact it is.

A lag is the time until the same player repeats the same pitch. Read from the end, a repetition
reaches back as far as its repeated notes outweigh those without a counterpart by the most.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.kernels import kernel

MISS_COST: Final = 4.5  # notes that must repeat for each that is gone or new; a changed one is both
_TRIED: Final = 8  # last notes whose earlier selves are asked for the lag


@dataclass(frozen=True, slots=True)
class Repeat:
    """The repetition at the end of a piece.

    Attributes
    ----------
    lag
        How much earlier it came before, in the onsets' unit.
    first
        Onset of the first note that repeats.
    notes, moments
        Notes that repeat, and distinct onsets among them.
    misses
        Notes without a counterpart since `first`, in either turn.
    """

    lag: float
    first: float
    notes: int
    moments: int
    misses: int


def find_repeats(
    onsets: NDArray[np.float64],
    keys: NDArray[np.int64],
    end: float,
    *,
    shortest: float,
    tolerance: float,
) -> list[Repeat]:
    """Find all repetitions that a piece ends with, by lag.

    Parameters
    ----------
    onsets
        When each note begins, in any unit, rising; shape (notes,).
    keys
        What must agree, such as player and pitch; shape (notes,).
    end
        Where the piece ends; notes that would come back after it are not missed.
    shortest
        The least lag.
    tolerance
        Onsets this far apart are one.

    Examples
    --------
    >>> onsets = np.arange(10.0)
    >>> keys = np.array([9, 8, 1, 2, 3, 4, 1, 2, 3, 4])
    >>> find_repeats(onsets, keys, 10.0, shortest=2.0, tolerance=0.1)
    [Repeat(lag=4.0, first=6.0, notes=4, moments=4, misses=0)]
    """
    if not len(onsets):
        return []
    order = np.lexsort((onsets, keys))
    by_key, sorted_keys = onsets[order].astype(np.float64), keys[order].astype(np.int64)
    in_time = np.argsort(by_key, kind="stable")
    found = []
    counts = np.empty(3, dtype=np.int64)
    reach_back = _reach_back.bind(
        onsets=by_key, keys=sorted_keys, in_time=in_time, end=end, tolerance=tolerance,
        miss_cost=MISS_COST, comes_again=np.empty(len(onsets), dtype=np.bool_),
        came_before=np.empty(len(onsets), dtype=np.bool_), counts=counts,
    )  # fmt: skip
    for lag in _lags(onsets, keys, shortest, tolerance):
        first = reach_back(lag)
        notes, moments, misses = counts.tolist()
        if notes:
            found.append(Repeat(lag, first, notes, moments, misses))
    return found


def _lags(
    onsets: NDArray[np.float64], keys: NDArray[np.int64], shortest: float, tolerance: float
) -> list[float]:
    """Return the times since the last few notes came before, each once, shortest first."""
    lags = np.concatenate(
        [
            onsets[last] - onsets[:last][keys[:last] == keys[last]]
            for last in range(max(0, len(keys) - _TRIED), len(keys))
        ]
    )
    lags = np.sort(lags[lags >= shortest])
    return [float(lag) for lag in lags[np.diff(lags, prepend=-np.inf) > tolerance]]


@kernel(
    onsets="float64[:]", keys="int64[:]", in_time="int64[:]", comes_again="bool[:]",
    came_before="bool[:]", counts="int64[:]",
)  # fmt: skip
def _reach_back(
    onsets: NDArray[np.float64],
    keys: NDArray[np.int64],
    in_time: NDArray[np.int64],
    end: float,
    lag: float,
    tolerance: float,
    miss_cost: float,
    comes_again: NDArray[np.bool_],
    came_before: NDArray[np.bool_],
    counts: NDArray[np.int64],
) -> float:
    """Return the first onset of the repetition at one lag.

    `onsets` and `keys` are sorted by key, then onset; `in_time` sorts them by onset. `counts`
    receives notes, moments and misses. Scratch, a place a note: `comes_again`, whether the note has
    a later self, and `came_before`, whether it has an earlier one.
    """
    count = len(onsets)
    for i in range(count):
        comes_again[i] = came_before[i] = False
    at = 0
    for i in range(count):
        sought = onsets[i] - lag
        while at < count and (
            keys[at] < keys[i] or (keys[at] == keys[i] and onsets[at] < sought - tolerance)
        ):
            at += 1
        if at < count and keys[at] == keys[i] and onsets[at] <= sought + tolerance:
            came_before[i] = True
            comes_again[at] = True
    later, earlier = count - 1, count - 1  # walk down the second turn, and the first one beside it
    while earlier >= 0 and onsets[in_time[earlier]] + lag >= end - tolerance:
        earlier -= 1
    balance, notes, moments, misses = 0.0, 0, 0, 0
    best, best_first, best_notes, best_moments, best_misses = 0.0, end, 0, 0, 0
    moment, at_moment = np.inf, 0
    while True:
        late = onsets[in_time[later]] if later >= 0 else -np.inf
        early = onsets[in_time[earlier]] + lag if earlier >= 0 else -np.inf
        now = max(late, early)
        if now < moment - tolerance:  # all of a moment is judged at once
            moments += at_moment > 0
            if balance > best and at_moment > 0:
                best, best_first = balance, moment
                best_notes, best_moments, best_misses = notes, moments, misses
            if now < lag - tolerance:
                counts[0], counts[1], counts[2] = best_notes, best_moments, best_misses
                return best_first
            moment, at_moment = now, 0
        if late >= early:
            i = in_time[later]
            later -= 1
            if came_before[i]:
                balance += 1.0
                notes += 1
                at_moment += 1
                moment = min(moment, onsets[i])
                continue
        else:
            i = in_time[earlier]
            earlier -= 1
            if comes_again[i]:
                continue
        balance -= miss_cost
        misses += 1
