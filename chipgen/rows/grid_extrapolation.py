"""Extrapolates a row grid beyond the last onset, at the tempo and swing that it had there.

A grid that is inferred from a piece cut off in the middle of a row ends where the piece does, so
its last rows are too long or too short. A continuation needs the rows that would have followed.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.row_inference import (
    LONGEST_ROW_FRAMES,
    NES_FRAME_HZ,
    SHORTEST_ROW_FRAMES,
    RowGrid,
    infer_rows,
)

_TAIL_S: Final = 3 * LONGEST_ROW_FRAMES / NES_FRAME_HZ  # room in which a grid may end
_LONGEST_FIT, _SHORTEST_FIT = 96, 16  # rows from which the tempo is measured
_FITS: Final = 1.5  # frames that a row may be off a steady tempo
_LEVEL: Final = 0.02  # frames in two rows; a tempo so near whole frames is whole frames
_SWINGS: Final = 1.0  # frames that every other row has to be late for a swing
_ROWS: Final = 512  # of an uneven pattern, until it repeats
_EARLY_S: Final = 1.0 / NES_FRAME_HZ  # a row that begins so little before the end begins at it


@dataclass(frozen=True, slots=True, eq=False)
class Extrapolation:
    """The grid of a piece, and the rows that would have followed.

    Attributes
    ----------
    grid
        The rows of the piece; the last one ends where the first that follows begins.
    frames
        Lengths of the rows that follow, in NES frames, which repeat; int64.
    """

    grid: RowGrid
    frames: NDArray[np.int64]


def extrapolate_rows(
    onsets_s: NDArray[np.float64], durations_s: NDArray[np.float64], end_s: float
) -> Extrapolation:
    """Infer the rows of a piece, and when those after its end begin.

    Parameters
    ----------
    onsets_s, durations_s
        Of all notes, seconds; shape (notes,).
    end_s
        Where the piece ends. The first row that follows begins there or, where that is the middle
        of a row, up to a row later.

    Raises
    ------
    ChipgenError
        As `infer_rows`.

    Examples
    --------
    >>> onsets_s = np.arange(40) * 12 / NES_FRAME_HZ  # rows of 12 frames, cut 5 frames into one
    >>> cut = extrapolate_rows(onsets_s, np.full(40, 0.1), (39 * 12 + 5) / NES_FRAME_HZ)
    >>> round(float(cut.grid.times_s[-1]) * NES_FRAME_HZ), cut.frames.tolist()
    (480, [12, 12])
    """
    inferred = infer_rows(onsets_s, durations_s, end_s + _TAIL_S)
    edges = np.concatenate([[0], np.cumsum(inferred.frames, dtype=np.int64)])
    last = int(inferred.nearest(onsets_s.max(initial=0.0, keepdims=True))[0])
    known = edges[: last + 1]  # up to the row of the last onset
    zero_s = float(inferred.times_s[0])
    if len(onsets_s):
        zero_s += _frames_off(inferred, onsets_s) / NES_FRAME_HZ
    end = (end_s - zero_s - _EARLY_S) * NES_FRAME_HZ
    coming = _coming_edges(known, max(int(end), int(known[-1])))
    seam = max(1, int(np.searchsorted(coming, end)))
    edges = np.concatenate([known[:-1], coming[: seam + 1]])
    frames = np.diff(coming[seam:])
    period = 2 if (frames[2:] == frames[:-2]).all() else _ROWS
    grid = RowGrid(
        zero_s + edges / NES_FRAME_HZ, np.diff(edges).astype(np.int16), inferred.confidence
    )
    return Extrapolation(grid, frames[:period])


def _frames_off(grid: RowGrid, onsets_s: NDArray[np.float64]) -> int:
    """Return by how many frames a grid lies before its onsets: for the sake of its end it may."""
    late = (onsets_s - grid.times_s[grid.nearest(onsets_s)]) * NES_FRAME_HZ
    far = [float(np.minimum(np.abs(late - shift), 2.0).sum()) for shift in (0, -1, 1)]
    return (0, -1, 1)[int(np.argmin(far))]


def _coming_edges(known: NDArray[np.int64], end: int) -> NDArray[np.int64]:
    """Return where rows begin, in frames, from the last one that is known to long after the end.

    Parameters
    ----------
    known
        Where rows begin, the last one that of the last onset; shape (rows,).
    end
        Where the piece ends.
    """
    if len(known) < 3:
        row = int(np.clip(np.diff(known).max(initial=6), SHORTEST_ROW_FRAMES, LONGEST_ROW_FRAMES))
        start, first, second = float(known[-1]), float(row), float(row)
    else:
        start, first, second = _steady_tempo(known)
    pairs = int((end - start) / (first + second)) + _ROWS
    places = start + np.arange(pairs)[:, None] * (first + second) + np.array([0.0, first])
    coming = np.rint(places.ravel()).astype(np.int64)
    coming = np.concatenate([known[-1:], coming[coming >= known[-1] + SHORTEST_ROW_FRAMES]])
    # A row may be longer here than any, where the last onset lies off the tempo.
    while coming[1] - coming[0] > LONGEST_ROW_FRAMES:
        between = (coming[:1] + coming[1:2]) // 2
        coming = np.concatenate([coming[:1], between, coming[1:]])
    return coming


def _steady_tempo(known: NDArray[np.int64]) -> tuple[float, float, float]:
    """Return where some row begins, and two row lengths that alternate from it on, in frames.

    They are measured on the longest stretch of rows before the last one at a steady tempo; where
    the last rows have none, earlier rows are used.
    """
    for until in range(len(known), _SHORTEST_FIT, -(_SHORTEST_FIT // 2)):
        count = min(until, _LONGEST_FIT)
        while count >= _SHORTEST_FIT:
            start, first, second, off = _fit(known[until - count : until])
            if off <= _FITS:
                return start, first, second
            count = count * 2 // 3
    return _fit(known[-_SHORTEST_FIT:])[:3]


def _fit(edges: NDArray[np.int64]) -> tuple[float, float, float, float]:
    """Return where the last row begins, its length and the next one's, and how far a row is off."""
    place = np.arange(1 - len(edges), 1)
    columns = np.stack([np.ones(len(edges)), place / 2, (place % 2).astype(np.float64)], axis=1)
    start, pair, late = np.linalg.lstsq(columns, edges.astype(np.float64), rcond=None)[0].tolist()
    if abs(late) < _SWINGS:
        even = np.linalg.lstsq(columns[:, :2], edges.astype(np.float64), rcond=None)[0]
        start, pair, late = float(even[0]), float(even[1]), 0.0
    off = float(np.abs(columns @ np.array([start, pair, late]) - edges).max())
    if abs(pair - round(pair)) < _LEVEL:
        pair = float(round(pair))
    return start, pair / 2 + late, pair / 2 - late, off
