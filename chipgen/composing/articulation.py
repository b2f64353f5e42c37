"""Learns from the seed what share of its rows a held note sounds."""

from typing import Final

import numpy as np

from chipgen.music.score import Track
from chipgen.rows.row_timing import RowTiming

_LONGEST: Final = 8  # rows; what is held longer is let go alike
_FEWEST: Final = 4  # notes of one length that show their articulation
_SHORTEST: Final = 0.1


class Articulation:
    """Staccato and legato of one voice.

    Parameters
    ----------
    track
        Of the seed.
    timing
        Of the rows that follow it.
    """

    def __init__(self, track: Track, timing: RowTiming) -> None:
        self._row = float(np.sum(timing.units) / timing.units_a_beat / len(timing.units))
        lengths = np.array([note.duration_beats for note in track.notes]) / self._row
        rows = np.clip(np.rint(lengths), 1, _LONGEST).astype(int)
        share = np.clip(lengths / np.maximum(1, np.rint(lengths)), _SHORTEST, 1.0)
        told = [count for count in range(1, _LONGEST + 1) if np.sum(rows == count) >= _FEWEST]
        usual = float(np.median(share)) if len(share) else 1.0
        self._share = {}
        for count in range(1, _LONGEST + 1):
            # Lengths that are rare are played as the nearest that is not.
            _, near = min(((abs(have - count), have) for have in told), default=(0, 0))
            self._share[count] = float(np.median(share[rows == near])) if near else usual

    def duration_beats(self, held_beats: float) -> float:
        """Return how long a note sounds that is held for so long."""
        rows = int(np.clip(round(held_beats / self._row), 1, _LONGEST))
        return held_beats * self._share[rows]
