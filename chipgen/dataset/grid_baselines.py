"""Baselines for inferred rows: a fixed grid, and the best constant row."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.quantise import fit_of
from chipgen.rows.row_inference import NES_FRAME_HZ, RowGrid
from chipgen.rows.voice_notes import TICKS_A_SECOND, VoiceNotes

BEAT_S: Final = 0.5  # NES-MDB's nominal beat, which its tempo of 120 makes
_PERIODS_FRAMES: Final = np.arange(3.0, 20.5, 0.5)
_ROW, _LOST_NOTE = 0.7, 3.0  # costs, in onsets off the grid


def fixed_rows(notes: VoiceNotes, row_s: float = BEAT_S) -> RowGrid:
    """Return rows of one length from the song's first moment on."""
    count = int(np.ceil(notes.seconds / row_s)) + 1
    frames = np.full(count, round(row_s * NES_FRAME_HZ), dtype=np.int16)
    return RowGrid(np.arange(count + 1, dtype=np.float64) * np.float64(row_s), frames, 0.0)


def constant_rows(notes: VoiceNotes) -> RowGrid:
    """Return the best of all constant rows of 3 to 20 frames in steps of a half."""
    onsets: NDArray[np.float64] = notes.start / TICKS_A_SECOND * NES_FRAME_HZ
    best, least = fixed_rows(notes), np.inf
    for period in _PERIODS_FRAMES.tolist():
        turn = np.exp(2j * np.pi * onsets / period).mean()
        phase = float(np.angle(turn)) / (2 * np.pi) * period
        count = int(np.ceil((notes.seconds * NES_FRAME_HZ - phase) / period)) + 2
        times_s = (phase + period * np.arange(-1, count)) / NES_FRAME_HZ
        grid = RowGrid(times_s, np.full(len(times_s) - 1, round(period), dtype=np.int16), 0.0)
        fit = fit_of(grid, notes)
        lost = fit.long_notes - fit.kept_notes
        cost = _ROW * fit.rows + (fit.onsets - fit.near_onsets) + _LOST_NOTE * lost
        if cost < least:
            best, least = grid, cost
    return best
