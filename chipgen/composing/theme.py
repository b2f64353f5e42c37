"""Finds the bar with which a seed's theme begins, behind an introduction."""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.form import USUAL_PHRASE
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_states import HOLD

_FULL, _SINGS = 0.5, 3  # of a tune's usual notes in a bar, and bars of four that have them
_FEWEST_PHRASES: Final = 4  # of a seed of which one can be told to return
_RETURNS, _NEW = 0.6, 0.3  # likeness of a phrase that comes back, and of one that never does


def sung_tune(prompt: Prompt) -> NDArray[np.uint8]:
    """Return p1 of the rows that are gone on from without what other tracks play in its rests.

    The track that has the melody at the seed's end is the one that sings.
    """
    rows, track = prompt.carried_rows, prompt.lines["melody"].track
    tune = rows.states[:, 0].copy()
    if track is None:
        return tune
    first = len(prompt.encoded.rows) - prompt.closing_rows - len(rows)
    onsets = np.array([note.onset_beats for note in prompt.seed.tracks[track].notes])
    at = np.searchsorted(prompt.encoded.edges_beats, onsets + 1e-3, side="right") - 1 - first
    sings = np.isin(np.arange(len(tune)), at)
    tune[(tune > HOLD) & ~sings] = HOLD
    return tune if (tune > HOLD).any() else rows.states[:, 0]


def theme_bar(
    tune: NDArray[np.uint8], starts: NDArray[np.int64], sung: NDArray[np.uint8] | None = None
) -> int:
    """Return the bar with which a seed's theme begins: its first phrase that is no introduction.

    That is the first phrase in which three of four bars have at least half of the tune's usual
    notes, most of them sung, or else the one with most. If nothing like it ever comes back, but a
    later phrase of the seed's first half does, it is an introduction with a line of its own, and
    the theme is what comes back.

    Parameters
    ----------
    tune
        States of p1, shape (rows,).
    starts
        Rows at which bars begin, and where the last one ends.
    sung
        The same without what is not of the melody's own track; as `tune` if None.
    """
    edges = np.clip(starts, 0, len(tune)).tolist()
    bars = [_notes(tune[begin:end]) for begin, end in pairwise(edges)]
    counts = np.array([len(bar) for bar in bars], dtype=np.int64)
    if not counts.any():
        return 0
    voice = tune if sung is None else sung
    own = np.array([len(_notes(voice[begin:end])) for begin, end in pairwise(edges)])
    enough = counts >= _FULL * np.median(counts[counts > 0])
    phrases = [slice(bar, bar + USUAL_PHRASE) for bar in range(0, len(bars), USUAL_PHRASE)]
    phrases = [phrase for phrase in phrases if phrase.stop <= len(bars)]
    sings = [
        phrase.start
        for phrase in phrases
        if enough[phrase].sum() >= _SINGS and 2 * own[phrase].sum() >= counts[phrase].sum()
    ]
    if not sings:
        return max(phrases, key=lambda phrase: own[phrase].sum(), default=slice(0, 0)).start
    if len(sings) < _FEWEST_PHRASES:
        return sings[0]
    back = [max((_likeness(bars, bar, later) for later in sings[k + 1 :]), default=0.0)
            for k, bar in enumerate(sings)]  # fmt: skip
    if back[0] >= _NEW:
        return sings[0]
    half = len(bars) / 2
    returning = (b for b, value in zip(sings, back, strict=True) if value >= _RETURNS and b < half)
    return next(returning, sings[0])


def _notes(tune: NDArray[np.uint8]) -> set[tuple[int, int]]:
    """Return what a bar of the tune begins: places and pitches."""
    rows = np.flatnonzero(tune > HOLD)
    return set(zip(rows.tolist(), tune[rows].tolist(), strict=True))


def _likeness(bars: list[set[tuple[int, int]]], one: int, other: int) -> float:
    """Return how alike two phrases are, 0–1."""
    pairs = [(bars[one + k], bars[other + k]) for k in range(USUAL_PHRASE)]
    return float(np.mean([2 * len(a & b) / max(1, len(a) + len(b)) for a, b in pairs]))
