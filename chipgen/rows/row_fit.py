"""Measures how well rows fit the notes of songs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.row_inference import (
    LONG_NOTE_S,
    LONGEST_ROW_FRAMES,
    SHORTEST_ROW_FRAMES,
    RowGrid,
)


@dataclass(frozen=True, slots=True)
class GridFit:
    """How well rows fit songs; counts add up over songs.

    Attributes
    ----------
    onsets, near_onsets
        All onsets, and those within one NES frame of their row.
    long_notes, kept_notes
        Notes ≥ 62.5 ms, and those that keep a row of their own among them on their voice.
    rows, seconds
        Rows and seconds of music.
    """

    onsets: int = 0
    near_onsets: int = 0
    long_notes: int = 0
    kept_notes: int = 0
    rows: int = 0
    seconds: float = 0.0

    def __add__(self, other: "GridFit") -> "GridFit":
        return GridFit(
            self.onsets + other.onsets,
            self.near_onsets + other.near_onsets,
            self.long_notes + other.long_notes,
            self.kept_notes + other.kept_notes,
            self.rows + other.rows,
            self.seconds + other.seconds,
        )

    @property
    def near_share(self) -> float:
        """Share of all onsets within one NES frame of their row."""
        return self.near_onsets / max(1, self.onsets)

    @property
    def kept_share(self) -> float:
        """Share of notes ≥ 62.5 ms that keep a row of their own."""
        return self.kept_notes / max(1, self.long_notes)

    @property
    def rows_a_second(self) -> float:
        """Rows a second of music."""
        return self.rows / max(1e-9, self.seconds)


def measure_fit(
    grid: RowGrid,
    voice: NDArray[np.integer],
    onsets_s: NDArray[np.float64],
    durations_s: NDArray[np.float64],
    length_s: float,
) -> GridFit:
    """Measure how a grid fits notes, by the protocol of the `rows` task."""
    row = grid.nearest(onsets_s)
    long_note = durations_s >= LONG_NOTE_S
    cells = row[long_note] * 4 + voice[long_note]
    return GridFit(
        onsets=len(row),
        near_onsets=int(np.sum(grid.is_near(onsets_s))),
        long_notes=int(np.sum(long_note)),
        kept_notes=len(np.unique(cells)),
        rows=len(grid),
        seconds=length_s,
    )


def describe_rows(frames: NDArray[np.int16]) -> float:
    """Return the nats that encode the row lengths, each predicted from the two before it.

    A grid may follow the music so closely that it gives it away. This adaptive code length is what
    the grid would cost to send, and is printed beside a model's nats.

    Examples
    --------
    >>> describe_rows(np.full(1000, 6, dtype=np.int16)) < 20
    True
    """
    counts: dict[tuple[int, int], dict[int, int]] = {}
    nats = 0.0
    sizes = LONGEST_ROW_FRAMES - SHORTEST_ROW_FRAMES + 3
    context = (0, 0)
    for length in frames.tolist():
        seen = counts.setdefault(context, {})
        total = sum(seen.values())
        nats -= float(np.log((seen.get(length, 0) + 0.5 / sizes) / (total + 0.5)))
        seen[length] = seen.get(length, 0) + 1
        context = (context[1], length)
    return nats
