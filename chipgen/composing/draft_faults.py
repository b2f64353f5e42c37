"""Judges drafts of rows: voices that are absent, thin, dense, stuck or dull, silence, drones."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.row_statistics import onsets_hz, sounding_of
from chipgen.rows.row_states import HOLD, NOISE, REST, VOICES, Rows

_THIN, _DENSE = 0.45, 2.2  # onsets per second of a voice, relative to what is wanted
_LEAST_DENSE_HZ: Final = 4.4  # no voice with fewer onsets per second is dense
_SILENT_SHARE: Final = 0.35  # of rows in which nothing sounds
_DRONE_SHARE: Final = 0.5  # of sounding time that one pitch class may have
_STUCK: Final = 12  # times that a voice begins one pitch in succession
_TELLING, _LEAP = 8, 4  # notes that tell what a line is like, and semitones of its largest step
_DULL: Final = (0.2, 0.65, 0.35)  # shares of a tune's notes: repeated, of one length, leapt to
_ABSENT_FAULT, _THIN_FAULT, _DENSE_FAULT, _STUCK_FAULT = 0.7, 0.3, 0.2, 0.2
_HELD_FAULT: Final = 0.3
_BUSY: Final = 1.25  # onsets of a tune, relative to what is planned
# Added to the logits of a voice's onsets in the next draft.
_ABSENT_BIAS, _THIN_BIAS, _DENSE_BIAS, _SILENT_BIAS = 1.5, 0.6, -0.5, 0.4
_BUSY_BIAS: Final = -1.0  # for each doubling


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What a draft is held to.

    Attributes
    ----------
    onsets_hz
        Onsets per second of each voice, shape (4,).
    expected
        Which voices are not to be thin or silent, shape (4,).
    written
        Which voices are drafted; the others are not judged. Shape (4,).
    has_tune
        Whether p1 is to be a tune of its own.
    longest
        Rows that a note of p1 may last; None leaves them alone.
    planned_hz
        Onsets per second of p1 as planned; None leaves them alone.
    """

    onsets_hz: NDArray[np.float64]
    expected: NDArray[np.bool_]
    written: NDArray[np.bool_]
    has_tune: bool = False
    longest: int | None = None
    planned_hz: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What is wrong with a draft.

    Attributes
    ----------
    fault
        0 if it may stand; the more, the worse.
    onset_bias
        What to add to the logits of each voice's onsets in the next draft, shape (4,).
    """

    fault: float
    onset_bias: NDArray[np.float64]


def judge(rows: Rows, wanted: Wanted) -> Verdict:
    """Return what is wrong with a draft.

    Parameters
    ----------
    rows
        The draft.
    wanted
        What it is held to.
    """
    have = onsets_hz(rows)
    written, melodic = wanted.written, wanted.written[:NOISE]
    asked = wanted.expected & written
    absent = asked & (have == 0)
    thin = asked & (have < _THIN * wanted.onsets_hz)
    dense = written & (have > np.maximum(_DENSE * wanted.onsets_hz, _LEAST_DENSE_HZ))
    silent, shares = sounding_of(rows)
    stuck = [bool(melodic[voice]) and longest_run(rows, voice) > _STUCK for voice in range(NOISE)]
    fault = (
        _ABSENT_FAULT * absent.sum()
        + _THIN_FAULT * (thin & ~absent).sum()
        + _DENSE_FAULT * dense.sum()
        + _STUCK_FAULT * sum(stuck)
    )
    is_silent = bool(melodic.any()) and silent > _SILENT_SHARE
    if is_silent:
        fault += silent - _SILENT_SHARE
    if melodic.all():
        drone = float(shares.max() / max(1.0, shares.sum())) if shares.any() else 1.0
        fault += max(0.0, drone - _DRONE_SHARE)
    if wanted.longest is not None and written[0]:
        fault += _HELD_FAULT * (longest_note(rows, 0) > wanted.longest)
    if wanted.has_tune:
        fault += dullness(rows)
    bias = np.zeros(VOICES)
    bias += _ABSENT_BIAS * absent + _THIN_BIAS * (thin & ~absent) + _DENSE_BIAS * dense
    if wanted.planned_hz and written[0]:
        busy = float(max(0.0, np.log2(max(have[0], 1e-9) / (_BUSY * wanted.planned_hz))))
        fault += busy
        bias[0] += _BUSY_BIAS * busy
    if is_silent and not thin.any():
        bias[:NOISE] += _SILENT_BIAS * melodic
    return Verdict(float(fault), bias)


def dullness(rows: Rows) -> float:
    """Return how little p1 is like a tune, 0 if it may stand: it repeats, ticks or leaps."""
    states = rows.states[:, 0]
    at = np.flatnonzero(states > HOLD)
    if len(at) < _TELLING:
        return 1.0
    steps, lengths = np.abs(np.diff(states[at].astype(np.int64))), np.diff(at)
    even = np.bincount(lengths).max() / len(lengths)
    shares = np.array([(steps == 0).mean(), even, (steps > _LEAP).mean()])
    return float(np.maximum(0.0, shares - np.array(_DULL)).sum())


def longest_note(rows: Rows, voice: int) -> int:
    """Return how many rows the longest note of a voice lasts."""
    states = rows.states[:, voice]
    edges = np.flatnonzero(np.append(states != HOLD, True))
    sounds = states[edges[:-1]] > HOLD
    return int((np.diff(edges) * sounds).max(initial=0))


def longest_rest(rows: Rows, voice: int) -> int:
    """Return for how many rows in succession a voice rests, at most."""
    edges = np.flatnonzero(np.concatenate([[True], rows.states[:, voice] != REST, [True]]))
    return int(np.diff(edges).max()) - 1 if len(rows) else 0


def longest_run(rows: Rows, voice: int) -> int:
    """Return how many times in succession a voice begins one pitch, at most."""
    begun = rows.states[:, voice]
    begun = begun[begun > HOLD]
    if not len(begun):
        return 0
    changes = np.flatnonzero(np.concatenate([[True], begun[1:] != begun[:-1], [True]]))
    return int(np.diff(changes).max())
