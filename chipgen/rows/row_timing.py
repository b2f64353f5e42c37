"""Where the rows of a continuation begin, for any number of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class RowTiming:
    """Rows that continue a seed, at lengths that repeat.

    Attributes
    ----------
    start_beats
        Where the first row begins: the seed's end or, in a piece with nominal beats, up to a row
        later.
    units
        Lengths of the rows that take turns; int64, at least one.
    units_a_beat
        What the lengths are counted in.
    frames
        The same lengths in NES frames, as models read them; int64.
    """

    start_beats: float
    units: NDArray[np.int64]
    units_a_beat: float
    frames: NDArray[np.int64]

    def edges_beats(self, first: int, count: int) -> NDArray[np.float64]:
        """Return where rows begin, from row `first` on, and where the last one ends.

        Examples
        --------
        >>> even = RowTiming(8.0, np.array([1]), 4.0, np.array([7]))
        >>> even.edges_beats(0, 3).tolist()
        [8.0, 8.25, 8.5, 8.75]
        >>> RowTiming(8.0, np.array([6, 8]), 28.0, np.array([6, 8])).edges_beats(2, 2).tolist()
        [8.5, 8.714285714285714, 9.0]
        """
        rounds, inside = np.divmod(np.arange(first, first + count + 1), len(self.units))
        before = np.concatenate([[0], np.cumsum(self.units)])
        result: NDArray[np.float64] = (
            self.start_beats + (rounds * before[-1] + before[inside]) / self.units_a_beat
        )
        return result

    def frames_of(self, first: int, count: int) -> NDArray[np.int64]:
        """Return the lengths of rows in NES frames, int64, shape (count,)."""
        return self.frames[np.arange(first, first + count) % len(self.frames)]

    def rows_in(self, beats: float) -> int:
        """Return how many rows begin in the first `beats` beats.

        Examples
        --------
        >>> RowTiming(8.0, np.array([6, 8]), 28.0, np.array([6, 8])).rows_in(0.75)
        4
        """
        before = np.concatenate([[0], np.cumsum(self.units)])
        rounds, rest = divmod(beats * self.units_a_beat - 1e-6, float(before[-1]))
        return int(rounds) * len(self.units) + int(np.searchsorted(before, rest, side="right"))
