"""The notes of the chip's four voices, timed in sound samples."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

TICKS_A_SECOND: Final = 44_100  # a tick is a sound sample, as in NES-MDB


@dataclass(frozen=True, slots=True, eq=False)
class VoiceNotes:
    """Notes of the four voices, sorted by onset, then voice.

    Attributes
    ----------
    voice
        Index into `NES_TRACKS`: p1, p2, tr, no; int8, shape (notes,).
    start, end
        In ticks of 1/44,100 s; int64, shape (notes,); ``end > start``.
    pitch
        MIDI pitch, or 1–16 on the noise voice; int16, shape (notes,).
    volume
        The chip's volume 1–15 at the onset (1 on the triangle, which has none); int8.
    timbre
        CC12 at the onset: the duty 0–3 of a pulse, the mode 0–1 of the noise; int8.
    length
        End of the song in ticks.
    """

    voice: NDArray[np.int8]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    pitch: NDArray[np.int16]
    volume: NDArray[np.int8]
    timbre: NDArray[np.int8]
    length: int

    @property
    def seconds(self) -> float:
        """Length of the song in seconds."""
        return self.length / TICKS_A_SECOND

    def __len__(self) -> int:
        return len(self.voice)
