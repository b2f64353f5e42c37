"""What the four voices do at every row."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

REST: Final = 0
HOLD: Final = 1


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of four voices, p1 p2 tr no.

    Attributes
    ----------
    states
        0 rest, 1 hold, else the pitch that begins (noise periods 1–16 as 17–32); uint8,
        shape (rows, 4).
    volume, timbre
        Of the notes that begin, 0 elsewhere; uint8, shape (rows, 4).
    frames
        Row lengths in NES frames; int64, shape (rows,).
    """

    states: NDArray[np.uint8]
    volume: NDArray[np.uint8]
    timbre: NDArray[np.uint8]
    frames: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.states)

    def __getitem__(self, rows: slice) -> "Rows":
        return Rows(self.states[rows], self.volume[rows], self.timbre[rows], self.frames[rows])

    def then(self, more: "Rows") -> "Rows":
        """Return these rows and more behind them."""
        return Rows(
            np.concatenate([self.states, more.states]),
            np.concatenate([self.volume, more.volume]),
            np.concatenate([self.timbre, more.timbre]),
            np.concatenate([self.frames, more.frames]),
        )
