"""Puts songs on rows half as long, so that a model knows slow music on fine rows, too."""

from dataclasses import replace
from typing import Final

import numpy as np

from chipgen.labels.row_labels import RowLabels
from chipgen.rows.row_states import HOLD, REST, Rows

LONG_ROW: Final = 12  # frames, a fifth of a second: rows that last as long are halved


def are_long(rows: Rows) -> bool:
    """Return whether a song's rows are long enough to be halved."""
    return bool(np.median(rows.frames) >= LONG_ROW)


def halve_rows(rows: Rows) -> Rows:
    """Return the same notes on twice as many rows.

    Examples
    --------
    >>> states = np.array([[60, 0, 40, 0], [1, 0, 0, 0]], dtype=np.uint8)
    >>> fine = halve_rows(Rows(states, states, states, np.array([15, 16])))
    >>> fine.states[:, 0].tolist(), fine.states[:, 2].tolist(), fine.frames.tolist()
    ([60, 1, 1, 1], [40, 1, 0, 0], [8, 7, 8, 8])
    """
    states, volume, timbre = (
        np.repeat(array, 2, axis=0) for array in (rows.states, rows.volume, rows.timbre)
    )
    states[1::2] = np.where(rows.states == REST, REST, HOLD)
    volume[1::2] = timbre[1::2] = 0
    frames = np.repeat(rows.frames, 2)
    frames[::2] = rows.frames - rows.frames // 2
    frames[1::2] = rows.frames // 2
    return Rows(states, volume, timbre, frames)


def halve_labels(labels: RowLabels) -> RowLabels:
    """Return the labels of the same song on twice as many rows."""
    lines = replace(labels.lines, starts=2 * labels.lines.starts, middles=2 * labels.lines.middles)
    place = np.repeat(2 * labels.place, 2)
    place[1::2] += 1
    return replace(labels, lines=lines, bar=np.repeat(labels.bar, 2), place=place)
