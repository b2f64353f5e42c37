"""Makes a plan from the labels of a piece."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.labels.bar_references import find_references
from chipgen.labels.row_labels import RowLabels
from chipgen.rows.plan_features import RowPlan
from chipgen.rows.row_states import Rows

_SURE_BARS: Final = 0.3  # below this confidence bars are unknown
_SURE_CHORD: Final = 0.5
_SURE_KEY: Final = 0.4


def plan_of(labels: RowLabels, rows: Rows) -> RowPlan:
    """Return the plan of an existing piece.

    Parameters
    ----------
    labels
        Of all its rows.
    rows
        The piece.
    """
    keys = np.where(labels.keys.max(axis=1) >= _SURE_KEY, labels.keys.argmax(axis=1), -1)
    plan = RowPlan.unknown(len(rows))
    plan.key[:] = keys[labels.bar]
    lines = labels.lines
    if lines.length_confidence < _SURE_BARS:
        return plan
    bar, half = labels.bar, labels.half
    bars = len(lines)
    chord = np.where(labels.chord_confidence >= _SURE_CHORD, labels.chord, -1)
    reference, kind = find_references(rows, lines.starts)
    phrase_left = labels.phrase_bars - labels.phrase_place
    return RowPlan(
        bar_start=lines.starts[bar],
        bar_rows=labels.bar_rows.astype(np.int64),
        phrase_bar=labels.phrase_place[bar].astype(np.int64),
        phrase_left=phrase_left[bar].astype(np.int64),
        end_bars=(bars - bar).astype(np.int64),
        chord=chord[half],
        next_chord=np.append(chord[1:], -1)[half],
        key=plan.key,
        kind=kind[bar],
        reference=reference_rows(reference[bar], bar, lines.starts),
    )


def reference_rows(
    reference: NDArray[np.int64], bar: NDArray[np.integer], starts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the row that each row repeats: at the same place of the bar that its bar repeats.

    Parameters
    ----------
    reference
        Bar that each row's bar repeats, or -1; shape (rows,).
    bar
        Each row's own bar; shape (rows,).
    starts
        Row where each bar begins, and where the last one ends.
    """
    at = np.arange(len(bar)) - starts[bar]
    source = np.maximum(reference, 0)
    row = starts[source] + at
    there = (reference >= 0) & (row < starts[source + 1]) & (row >= 0)
    return np.where(there, row, -1)
