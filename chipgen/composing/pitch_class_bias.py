"""Biases logits by pitch class, against pitch classes that recent music does not use."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.quantise import notes_of
from chipgen.rows.row_states import Rows

_MAJOR: Final = (0, 2, 4, 5, 7, 9, 11)
_FOREIGN: Final = 3.0  # taken from the logits of a pitch class that is not heard at all
_IN_SCALE: Final = 0.4  # of that, if the scale has it
_USUAL_SHARE: Final = 0.04  # a pitch class with this share of the music is at home
_MOST_SHARE: Final = 0.35  # beyond it a pitch class is on the way to a drone
_CROWDING: Final = 8.0  # for each whole beyond that
_MEMORY_ROWS: Final = 256.0  # notes fade to 1/e in this many rows


class PitchClassBias:
    """The pitch classes of recent notes, the latest weighing most, and the bias that follows.

    Parameters
    ----------
    history
        The seed.
    strength
        0 holds nothing back, 1 is usual.
    """

    def __init__(self, history: Rows, strength: float) -> None:
        self._strength = strength
        self._shares = np.zeros(12)
        self.observe(history)

    def observe(self, rows: Rows) -> None:
        """Take in rows that follow what was heard."""
        if not len(rows):
            return
        notes = notes_of(rows)
        now = np.zeros(12)
        for voice, row, end, pitch in zip(
            notes.voice, notes.row, notes.end_row, notes.pitch, strict=True
        ):
            if voice < 3:
                # An onset counts as two rows, so that quick notes are heard too.
                now[pitch % 12] += (end - row + 2) * np.exp((row - len(rows)) / _MEMORY_ROWS)
        self._shares = self._shares * np.exp(-len(rows) / _MEMORY_ROWS) + now

    @property
    def bias(self) -> tuple[float, ...]:
        """What to add to the logits of each pitch class: 0 or less, twelve numbers."""
        total = self._shares.sum()
        if total <= 0 or self._strength == 0:
            return (0.0,) * 12
        share = self._shares / total
        foreign = np.clip(1 - share / _USUAL_SHARE, 0, 1)
        held_back = self._strength * _FOREIGN * foreign * self._by_scale(share)
        return tuple((-held_back - _CROWDING * np.maximum(0, share - _MOST_SHARE)).tolist())

    def _by_scale(self, share: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return 1 for what lies outside the likeliest diatonic scales, less for what does not."""
        fit = np.array([share[[(key + step) % 12 for step in _MAJOR]].sum() for key in range(12)])
        weight = np.ones(12)
        for key in np.flatnonzero(fit >= fit.max() - 1e-9):
            weight[[(key + step) % 12 for step in _MAJOR]] = _IN_SCALE
        return weight
