"""The labels of one piece's rows, as plain arrays."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.labels.bar_lines import BarLines

KEYS: Final = 24


@dataclass(frozen=True, slots=True, eq=False)
class RowLabels:
    """Labels of each of the T rows of a piece, in B bars.

    Labels are inferred from the whole piece. Code that scores row t from earlier rows must treat
    them as unknown there.

    Attributes
    ----------
    lines
        Where bars and half bars are, and how sure that is.
    bar
        Index of each row's bar; int32, shape (T,), rising from 0.
    place
        Rows since that bar began; int16, shape (T,).
    chords
        Probability of each chord in each half bar; float32, shape (2 B, `CHORDS`), rows sum to 1.
        Chord 0 is none, ``1 + root * 5 + quality`` the others (`chord_number`), as in
        `chipgen.rows.plan_features`.
    keys
        Probability of each key in each bar; float32, shape (B, 24), rows sum to 1: key
        ``2 * tonic``, and 1 more in minor.
    section
        Section of each bar, numbered in order of appearance: bars of one number are alike; int16,
        shape (B,).
    phrase_place, phrase_bars
        Bars since the bar's phrase began, and the length of that phrase in bars; int16, shape (B,).
    phrase_confidence
        How much better the music agrees with such phrases than with others, 0–1; one number.
    voices
        Whether each voice (p1, p2, tr, no) sounds in the bar; bool, shape (B, 4).
    density
        Notes that each voice begins a second in the bar; float32, shape (B, 4).
    """

    lines: BarLines
    bar: NDArray[np.int32]
    place: NDArray[np.int16]
    chords: NDArray[np.float32]
    keys: NDArray[np.float32]
    section: NDArray[np.int16]
    phrase_place: NDArray[np.int16]
    phrase_bars: NDArray[np.int16]
    phrase_confidence: float
    voices: NDArray[np.bool_]
    density: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.bar)

    @property
    def bar_rows(self) -> NDArray[np.int16]:
        """Length of each row's bar in rows; shape (T,)."""
        return np.diff(self.lines.starts).astype(np.int16)[self.bar]

    @property
    def half(self) -> NDArray[np.int32]:
        """Index of each row's half bar, into `chords`; shape (T,)."""
        begun = self.lines.starts[self.bar] + self.place >= self.lines.middles[self.bar]
        return (2 * self.bar + begun).astype(np.int32)

    @property
    def key(self) -> NDArray[np.int64]:
        """The likeliest key of each bar; shape (B,)."""
        likeliest: NDArray[np.int64] = self.keys.argmax(axis=1)
        return likeliest

    @property
    def usual_phrase_bars(self) -> int:
        """The commonest length of the phrase that a bar is in, in bars."""
        return int(np.bincount(self.phrase_bars).argmax())

    @property
    def chord(self) -> NDArray[np.int64]:
        """The likeliest chord of each half bar; shape (2 B,)."""
        likeliest: NDArray[np.int64] = self.chords.argmax(axis=1)
        return likeliest

    @property
    def chord_confidence(self) -> NDArray[np.float32]:
        """Its probability; shape (2 B,)."""
        most: NDArray[np.float32] = self.chords.max(axis=1)
        return most
