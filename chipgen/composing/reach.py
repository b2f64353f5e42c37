"""Tells how high and low each voice plays, from what it and the others play in a seed."""

from typing import Final

import numpy as np

from chipgen.rows.row_states import HOLD, NOISE, TRIANGLE, Rows

Reach = tuple[tuple[int, int], ...]

_USUAL: Final = ((60, 84), (52, 76), (33, 50))  # of p1, p2 and tr
_ROOM: Final = (4, 5)  # semitones below and above what a voice plays in the seed
_TUNE_ROOM: Final = (2, 3)  # of p1, which is heard to scream, and to sink into the chords
_SELDOM: Final = (10, 2, 2)  # percent of the notes of p1, p2 and tr that may lie below
_ANYWHERE: Final = (0, 127)
_NARROWEST: Final = 14
_SECOND_LOWEST: Final = 50
_UNDER: Final = (13, 1)  # how far below a tune's middle a second voice begins and ends
_OVER: Final = (5, 17)  # how far above the middle of chords a tune begins, and how far it reaches
_TUNE_HIGHEST: Final = 76  # that the lowest note of a tune is at most
_CROSSED: Final = 0.25  # of the time that both pulses sound, or they have no order


def reach_to_add(history: Rows) -> Reach:
    """Return where voices that a seed lacks play: under its tune, or over its chords.

    Parameters
    ----------
    history
        The seed.
    """
    lead, second, bass = _USUAL
    tune, chords = _middle(history, 0), _middle(history, 1)
    if tune is not None:
        below, above = _UNDER
        low = max(_SECOND_LOWEST, min(second[0] + 3, tune - below))
        second = (low, max(low + 7, min(second[1], tune + above)))
        bass = (bass[0], max(bass[0] + 7, min(bass[1], tune - 12)))
    elif chords is not None:
        below, above = _OVER
        low = min(max(lead[0], chords + below), _TUNE_HIGHEST)
        lead = (low, low + above)
    return lead, second, bass


def reach_to_go_on(history: Rows) -> Reach:
    """Return where the melodic voices go on: where they played in the seed, and a little beyond."""
    return tuple(_reach_of(history, voice) for voice in range(NOISE))


def reach_of_bass(history: Rows) -> Reach:
    """Return the reach of a bass that goes on; the pulses go where they like."""
    return (_ANYWHERE, _ANYWHERE, _reach_of(history, TRIANGLE))


def _reach_of(history: Rows, voice: int) -> tuple[int, int]:
    own = history.states[:, voice]
    own = own[own > HOLD]
    if not len(own):
        return _USUAL[voice]
    low, high = (int(value) for value in np.percentile(own, [_SELDOM[voice], 98]))
    below, above = _ROOM if voice else _TUNE_ROOM
    low, high = low - below, high + above
    spare = max(0, _NARROWEST - (high - low)) if voice < TRIANGLE else 0
    return low - spare // 2, high + (spare + 1) // 2


def keeps_order(history: Rows) -> bool:
    """Whether the second pulse lies below the first in a seed that has both."""
    sounding = np.zeros((len(history), 2), dtype=np.int64)
    for voice in range(2):
        own = history.states[:, voice].astype(np.int64)
        begun = np.maximum.accumulate(np.where(own != HOLD, np.arange(len(own)), -1))
        sounding[:, voice] = np.where(begun >= 0, own[begun], 0)
    both = (sounding > HOLD).all(axis=1)
    if not both.any():
        return False
    return bool((sounding[both, 1] >= sounding[both, 0]).mean() < _CROSSED)


def _middle(history: Rows, voice: int) -> int | None:
    own = history.states[:, voice]
    own = own[own > HOLD]
    return int(np.median(own)) if len(own) else None
