"""Evaluates a note's own effects by frame: volume and timbre steps, bends, arpeggios."""

import math
from collections.abc import Sequence as ListOf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.instrument.frame_context import Cells, Floats, Ints

_FINE: Final = 1024  # resolution of the times of bends, in parts of a frame
_NOTE_SHIFT: Final = 40  # bits of a key below the note's index: 12 days of fine parts
_LATEST: Final = (1 << _NOTE_SHIFT) - 1


def latest_steps(
    changes: ListOf[tuple[tuple[float, int], ...]], cells: Cells, tick_hz: float
) -> tuple[NDArray[np.bool_], Ints]:
    """Return whether each cell's note has any steps, and the latest of them so far.

    Parameters
    ----------
    changes
        For each note its steps (seconds after the onset, value).
    cells
        Frames of notes.
    tick_hz
        Frames a second; each step falls on the nearest frame.

    Returns
    -------
    tuple
        Two arrays of shape (n,); the second is −1 where no step has come yet.
    """
    count = len(cells.note)
    note, time_s, value = _flatten(changes)
    if not len(note):
        return np.zeros(count, dtype=np.bool_), np.full(count, -1, dtype=np.int64)
    has = np.array([bool(steps) for steps in changes])[cells.note]
    frame = np.rint(time_s * tick_hz + cells.phase_frames[note])
    key = _keys(note, np.nan_to_num(frame))
    order = np.argsort(key, kind="stable")
    key, note, value = key[order], note[order], value[order]
    at = np.searchsorted(key, _keys(cells.note, cells.frame), side="right") - 1
    found = (at >= 0) & (note[at] == cells.note)
    return has, np.where(found, value[at].astype(np.int64), -1)


def bend_cents(
    bends: ListOf[tuple[tuple[float, float], ...]], cells: Cells, tick_hz: float
) -> Floats:
    """Return the bend of each cell in cents: straight lines between the breakpoints.

    Before the first breakpoint its own value holds, after the last that one's.
    """
    cents = np.zeros(len(cells.note))
    note, time_s, value = _flatten(bends)
    if not len(note):
        return cents
    frame = np.nan_to_num(time_s * tick_hz + cells.phase_frames[note])
    key = _keys(note, frame * _FINE)
    order = np.argsort(key, kind="stable")
    key, note, frame, value = key[order], note[order], frame[order], np.nan_to_num(value[order])
    value = np.clip(value, -12_000.0, 12_000.0)
    bent = np.flatnonzero(np.array([bool(points) for points in bends])[cells.note])
    of, here = cells.note[bent], cells.frame[bent]
    right = np.searchsorted(key, _keys(of, here * _FINE), side="right")
    left = np.maximum(right - 1, 0)
    right = np.minimum(right, len(key) - 1)
    left = np.where(note[left] == of, left, right)
    right = np.where(note[right] == of, right, left)
    span = frame[right] - frame[left]
    share = np.clip((here - frame[left]) / np.where(span > 0, span, 1.0), 0.0, 1.0)
    cents[bent] = value[left] + (value[right] - value[left]) * share
    return cents


def arpeggio_cents(
    chords: ListOf[tuple[int, ...]],
    lasting_s: ListOf[float | None],
    cells: Cells,
    frames: int,
    tick_hz: float,
) -> Floats:
    """Return the offset of each cell in cents, going round each note's own chord.

    Parameters
    ----------
    chords
        For each note its offsets in semitones, in the order they are played.
    lasting_s
        For each note how long it goes round before it rests on the first offset; None: always.
    cells
        Frames of notes.
    frames
        How long each offset lasts.
    tick_hz
        Frames a second.
    """
    if not any(chords):
        return np.zeros(len(cells.note))
    length = np.array([max(len(chord), 1) for chord in chords], dtype=np.int64)
    first = np.cumsum(length) - length
    offsets = np.array([offset for chord in chords for offset in chord or (0,)], dtype=np.float64)
    until = np.array([math.inf if time_s is None else time_s * tick_hz for time_s in lasting_s])
    turn = cells.frame // frames % length[cells.note]
    turn = np.where(cells.frame < np.rint(until)[cells.note], turn, 0)
    return np.asarray(100.0 * offsets[first[cells.note] + turn])


def _flatten(
    events: ListOf[tuple[tuple[float, float], ...]] | ListOf[tuple[tuple[float, int], ...]],
) -> tuple[Ints, Floats, Floats]:
    rows = [(index, time_s, value) for index, steps in enumerate(events) for time_s, value in steps]
    if not rows:
        return np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)
    index, time_s, value = zip(*rows, strict=True)
    return np.array(index, dtype=np.int64), np.array(time_s, float), np.array(value, float)


def _keys(note: Ints, time: Ints | Floats) -> Ints:
    """Put a note's index and a time into one integer that sorts by both."""
    return (note << _NOTE_SHIFT) + np.clip(time, 0, _LATEST).astype(np.int64)
