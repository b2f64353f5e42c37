"""Finds phrases and sections by how much of each bar repeats in others."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.row_states import HOLD, NOISE, Rows

MOST_BARS: Final = 2048  # that are compared: over an hour of music
MOST_COMPARED: Final = 2_000_000_000  # rows of them by voices: fewer bars where bars are very long
_USUAL_PHRASE: Final = 4
_PHRASES: Final = (4, 3, 5, 6, 7)
_START: Final = 0.05  # an unusual length has to agree better by this
_FROM_THE_FIRST: Final = 1.5  # how much likelier phrases begin with the first bar than later
_ALIKE: Final = 0.6  # phrases at least so alike are of one section
_RHYTHM: Final = 0.2  # what an onset at another pitch is worth


def bar_likeness(rows: Rows, starts: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return how alike bars are: the share of their onsets that they have in common.

    Parameters
    ----------
    rows
        The piece.
    starts
        Row where each bar begins, and where the last one ends; shape (B + 1,).

    Returns
    -------
    ndarray
        0–1, float32, shape (B, B): an onset counts fully where the other bar has the same pitch
        there, 0.2 where it has another. Two silent bars are alike.
    """
    bars, longest = len(starts) - 1, int(np.diff(starts).max())
    table = np.zeros((bars, longest, NOISE + 1), dtype=np.uint8)
    for bar in range(bars):
        first, last = max(0, int(starts[bar])), min(len(rows), int(starts[bar + 1]))
        at = first - int(starts[bar])
        table[bar, at : at + last - first] = rows.states[first:last]
    flat = table.reshape(bars, -1)
    begun = flat > HOLD
    same = np.stack(
        [((flat == one) & now).sum(axis=1) for one, now in zip(flat, begun, strict=True)]
    )
    onset = begun.astype(np.float32)
    both = onset @ onset.T
    count = onset.sum(axis=1)
    either = count[:, None] + count[None, :] - both
    shared = same + _RHYTHM * (both - same)
    return np.where(either > 0, shared / np.maximum(either, 1), 1.0).astype(np.float32)


def find_phrases(alike: NDArray[np.float32], first: int) -> tuple[int, int, float]:
    """Return the length of phrases in bars, the bar that begins one, and how sure that is.

    Parameters
    ----------
    alike
        From `bar_likeness`.
    first
        The first bar that is more than an upbeat.
    """
    bars = len(alike)
    agree = {}
    for length in _PHRASES:
        lags = range(length, min(bars - 1, 4 * length) + 1, length)
        heard = [float(np.diagonal(alike, lag).mean()) for lag in lags if bars - lag >= length]
        agree[length] = float(np.mean(heard)) if heard else 0.0
    best = max(agree, key=lambda n: agree[n] + (_START if n == _USUAL_PHRASE else 0.0))
    if agree[best] == 0.0:
        best = _USUAL_PHRASE
    # A phrase begins where repetition changes: from its first bar on, other lags agree than before.
    change = np.zeros(bars)
    if bars > 1:
        change[1:] = np.abs(alike[1:, 1:] - alike[:-1, :-1]).mean(axis=1)
    strength = [float(np.mean(_after_the_first(change, first + k, best))) for k in range(best)]
    strength[0] = _FROM_THE_FIRST * strength[0] + 1e-6
    offset = int(np.argmax(strength)) if bars - first >= 2 * best else 0  # one phrase begins first
    other = max([value for n, value in agree.items() if n != best], default=0.0)
    sure = float(np.clip((agree[best] - other) / 0.2, 0.0, 1.0))
    return best, first + offset, sure


def _after_the_first(change: NDArray[np.float64], begin: int, length: int) -> NDArray[np.float64]:
    """Return how much changes where phrases begin, the piece's own beginning left out."""
    found = change[begin if begin else length :: length]
    return found if len(found) else np.zeros(1)


def find_sections(
    alike: NDArray[np.float32], length: int, begin: int
) -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.int16]]:
    """Return section, place in the phrase and length of the phrase of each bar.

    Parameters
    ----------
    alike
        From `bar_likeness`.
    length, begin
        Bars a phrase, and a bar that begins one; bars before the first whole phrase are a short one
        of their own.
    """
    bars = len(alike)
    starts = list(range(begin % length, bars, length))
    if not starts or starts[0] > 0:
        starts.insert(0, 0)
    ends = [*starts[1:], bars]
    section = np.zeros(bars, dtype=np.int16)
    place, size = np.zeros(bars, dtype=np.int16), np.zeros(bars, dtype=np.int16)
    firsts = np.array(starts)
    named = np.zeros(len(starts), dtype=np.int64)  # the section of each phrase
    count = 0
    for at, (start, end) in enumerate(zip(starts, ends, strict=True)):
        within = np.arange(end - start)
        place[start:end], size[start:end] = within, end - start
        best, score = -1, 0.0
        if at:
            likeness = alike[start + within[:, None], firsts[:at] + within[:, None]].mean(axis=0)
            scores = np.full(count, -np.inf)
            np.maximum.at(scores, named[:at], likeness)
            best, score = int(scores.argmax()), float(scores.max())
        if best < 0 or score < _ALIKE:
            best, count = count, count + 1
        named[at] = section[start:end] = best
    return section, place, size


def find_form(
    rows: Rows, starts: NDArray[np.int64], first: int
) -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.int16], float]:
    """Return section, place in the phrase and length of the phrase of each bar, and how sure.

    All bars are compared with all others, so of a longer piece only the first `MOST_BARS` are; what
    is behind them counts to their last section.

    Parameters
    ----------
    rows, starts
        As for `bar_likeness`.
    first
        As for `find_phrases`.
    """
    bars, longest = len(starts) - 1, int(np.diff(starts).max())
    most = min(MOST_BARS, max(1, math.isqrt(MOST_COMPARED // (longest * (NOISE + 1)))))
    alike = bar_likeness(rows, starts[: most + 1])
    length, begin, sure = find_phrases(alike, min(first, len(alike) - 1))
    section, place, size = find_sections(alike, length, begin)
    behind = bars - len(alike)
    if behind:
        on = (place[-1] + 1 + np.arange(behind)) % length
        section = np.concatenate((section, np.full(behind, section[-1])))
        place = np.concatenate((place, on.astype(np.int16)))
        size = np.concatenate((size, np.full(behind, length, dtype=np.int16)))
    return section, place, size, sure
