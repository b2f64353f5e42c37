"""Statistics of rows: onsets per second, silence, and the share of each pitch class."""

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.quantise import notes_of
from chipgen.rows.row_states import HOLD, NOISE, Rows


def onsets_hz(rows: Rows) -> NDArray[np.float64]:
    """Return onsets a second of each voice, shape (4,)."""
    result: NDArray[np.float64] = (rows.states > HOLD).sum(axis=0) / max(rows.seconds, 1e-9)
    return result


def sounding_of(rows: Rows) -> tuple[float, NDArray[np.float64]]:
    """Return the share of rows in which nothing sounds, and rows of each pitch class, shape (12,).

    Pitch classes are those of the three melodic voices; a row counts once for each that sounds.
    """
    notes = notes_of(rows)
    sounding = np.zeros(len(rows), dtype=np.bool_)
    classes = np.zeros(12)
    for voice, row, end, pitch in zip(
        notes.voice, notes.row, notes.end_row, notes.pitch, strict=True
    ):
        sounding[row:end] = True
        if voice < NOISE:
            classes[pitch % 12] += end - row
    return 1.0 - float(sounding.mean()), classes
