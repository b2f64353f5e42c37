"""Rows to the measures by which drafts are judged."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.grid import notes_of
from chipgen.rows.tempo import NES_FRAME_HZ

if TYPE_CHECKING:  # the sampler is compiled; it is loaded only when a model is used
    from chipgen.rows.states import Rows


def onsets_hz(rows: "Rows") -> NDArray[np.float64]:
    """Return onsets a second of each voice, shape (4,)."""
    seconds = max(float(rows.frames.sum()) / NES_FRAME_HZ, 1e-9)
    result: NDArray[np.float64] = (rows.states > 1).sum(axis=0) / seconds
    return result


def sounding_of(rows: "Rows") -> tuple[float, NDArray[np.float64]]:
    """Return the share of rows in which nothing sounds, and rows of each pitch class, shape (12,).

    Pitch classes are those of the three melodic voices; a row counts once for each that sounds.
    """
    notes = notes_of(rows.states)
    sounding = np.zeros(len(rows), dtype=np.bool_)
    classes = np.zeros(12)
    for voice, row, end, pitch in zip(
        notes.voice, notes.row, notes.end_row, notes.pitch, strict=True
    ):
        sounding[row:end] = True
        if voice < 3:
            classes[pitch % 12] += end - row
    return 1.0 - float(sounding.mean()), classes
