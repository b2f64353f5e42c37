"""A seed's notes to how long a note really sounds of the rows that it is held: its touch."""

from typing import Final

import numpy as np

from chipgen.music.score import Track
from chipgen.rows.timing import Pace

_LONGEST: Final = 8  # rows; what is held longer is let go alike
_FEWEST: Final = 4  # notes of one length that tell their touch
_SHORTEST: Final = 0.1


class Touch:
    """Staccato and legato of one voice.

    Parameters
    ----------
    track
        Of the seed.
    pace
        Of the rows that follow it.
    """

    def __init__(self, track: Track, pace: Pace) -> None:
        self._row = float(np.sum(pace.units) / pace.units_a_beat / len(pace.units))
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

    def sound(self, duration_beats: float) -> float:
        """Return how long a note sounds that is held for so long."""
        rows = int(np.clip(round(duration_beats / self._row), 1, _LONGEST))
        return duration_beats * self._share[rows]
