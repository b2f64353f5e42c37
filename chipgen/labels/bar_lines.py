"""Finds where bars begin in rows, from a score's meter or by inference."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.score import Score
from chipgen.rows.encode_score import EncodedPiece
from chipgen.rows.meter_inference import RowMeter

_NOMINAL_BAR_ROWS: Final = 16  # where nothing is known


@dataclass(frozen=True, slots=True, eq=False)
class BarLines:
    """The bars of a piece of T rows; the first may begin before row 0 (an upbeat).

    Attributes
    ----------
    starts
        Row where each bar begins, and where the last one ends; int64, shape (B + 1,), rising,
        ``starts[0] <= 0 < starts[1]`` and ``starts[B - 1] < T <= starts[B]``.
    middles
        Row where the second half of each bar begins: after two of three or four beats, three of
        five, and so on; int64, shape (B,).
    beats
        Beats in each bar; int64, shape (B,).
    half_confidence, length_confidence, downbeat_confidence
        Probability, 0–1, that half bars fall where they are labelled, that bars have this length,
        and that they also begin there. All 1 where a score has its own meter, all 0 where
        nothing was found and the bars are only 16 rows each.
    """

    starts: NDArray[np.int64]
    middles: NDArray[np.int64]
    beats: NDArray[np.int64]
    half_confidence: float
    length_confidence: float
    downbeat_confidence: float

    def __len__(self) -> int:
        return len(self.beats)

    @property
    def halves(self) -> NDArray[np.int64]:
        """Row where each half bar begins, and where the last one ends; int64, (2 B + 1,)."""
        pairs = np.stack([self.starts[:-1], self.middles], axis=1).reshape(-1)
        return np.concatenate([pairs, self.starts[-1:]])

    @classmethod
    def even(
        cls,
        rows: int,
        bar_rows: int,
        first_bar: int = 0,
        beats: int = 4,
        confidence: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> "BarLines":
        """Return bars of one length.

        Parameters
        ----------
        rows
            Rows of the piece.
        bar_rows
            Rows a bar, at least one.
        first_bar
            A row that begins a bar.
        beats
            Beats a bar.
        confidence
            Of half bars, length and downbeat.
        """
        offset = first_bar % bar_rows
        begin = offset - bar_rows if offset else 0
        count = max(1, -(-(rows - begin) // bar_rows))
        starts = begin + bar_rows * np.arange(count + 1, dtype=np.int64)
        middles = starts[:-1] + _first_half(np.full(count, bar_rows), np.full(count, beats))
        return cls(starts, middles, np.full(count, beats, dtype=np.int64), *confidence)

    @classmethod
    def inferred(cls, rows: int, meter: RowMeter | None) -> "BarLines":
        """Return the bars of an inferred meter; bars of 16 rows, known not at all, without one."""
        if meter is None:
            return cls.even(rows, _NOMINAL_BAR_ROWS)
        sure = meter.half_confidence, meter.length_confidence, meter.confidence
        return cls.even(rows, meter.bar_rows, meter.first_bar, meter.beats, sure)

    @classmethod
    def known(cls, score: Score, piece: EncodedPiece) -> "BarLines":
        """Return the bars of a score that has its own meter, on the rows it was put on.

        Parameters
        ----------
        score
            Whose beats and meter are the music's.
        piece
            Its rows.
        """
        edges = piece.edges_beats
        rows = len(piece.rows)
        lines = [beat for beat in score.bar_starts_beats() if beat < edges[-1] - 1e-6] or [0.0]
        meters = [score.meter_at(beat) for beat in lines]
        lines.append(max(lines[-1] + meters[-1].bar_beats, float(edges[-1])))
        row_of = np.interp(lines, edges, np.arange(rows + 1))
        beat_rows = rows / max(1e-9, float(edges[-1] - edges[0]))
        row_of[-1] = max(row_of[-1], row_of[-2] + meters[-1].bar_beats * beat_rows)
        starts = np.rint(row_of).astype(np.int64)
        starts[-1] = max(int(starts[-1]), rows)
        counts = np.array([_beats(m.numerator, m.denominator) for m in meters], dtype=np.int64)
        kept = np.append(np.diff(starts) > 0, True)  # bars shorter than a row are no bars
        starts, counts = starts[kept], counts[kept[:-1]]
        inside = np.append(starts[:-1] < rows, True)
        starts, counts = starts[inside], counts[inside[:-1]]
        middles = starts[:-1] + _first_half(np.diff(starts), counts)
        return cls(starts, middles, counts, 1.0, 1.0, 1.0)


def _beats(numerator: int, denominator: int) -> int:
    """Return the beats of a meter as it is felt: 6/8 has two.

    Examples
    --------
    >>> [_beats(4, 4), _beats(6, 8), _beats(3, 8), _beats(12, 8)]
    [4, 2, 3, 4]
    """
    compound = denominator >= 8 and numerator > 3 and numerator % 3 == 0
    return numerator // 3 if compound else numerator


def _first_half(lengths: NDArray[np.int64], beats: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of each bar's first half: whole beats, the larger half of them."""
    rows = np.rint(lengths * ((beats + 1) // 2) / np.maximum(beats, 1)).astype(np.int64)
    return np.clip(rows, 1, np.maximum(lengths - 1, 1))
