"""Rows: the states of the four voices, and the ranges of their values."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.score import NES_TRACKS
from chipgen.rows.row_inference import NES_FRAME_HZ
from synth.chip.voices import SCORED

VOICES: Final = len(NES_TRACKS)
TRIANGLE, NOISE = 2, 3  # the voices that are no pulse
REST: Final = 0
HOLD: Final = 1
NOISE_STATE: Final = 16  # added to a noise period, so that none looks like a rest or a hold
LOWEST_PITCH: Final = tuple(voice.midi_range[0] for voice in SCORED)
HIGHEST_PITCH: Final = tuple(voice.midi_range[1] for voice in SCORED)
LOWEST: Final = (*LOWEST_PITCH[:NOISE], LOWEST_PITCH[NOISE] + NOISE_STATE)  # as states
HIGHEST: Final = (*HIGHEST_PITCH[:NOISE], HIGHEST_PITCH[NOISE] + NOISE_STATE)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The states of the four voices, p1 p2 tr no, row by row.

    Attributes
    ----------
    states
        0 rest, 1 hold, else the pitch that begins: MIDI 33–108 on pulses, 21–108 on the triangle,
        period 1–16 on noise as 17–32 (``period + 16``); uint8, shape (rows, 4).
    volume, timbre
        Volume 1–15 and CC12 0–3 of the note that begins, 0 where none does; uint8,
        shape (rows, 4).
    frames
        Row lengths in NES frames; int64, shape (rows,).
    """

    states: NDArray[np.uint8]
    volume: NDArray[np.uint8]
    timbre: NDArray[np.uint8]
    frames: NDArray[np.int64]

    @classmethod
    def none(cls) -> "Rows":
        """Return no rows."""
        empty = np.zeros((0, VOICES), dtype=np.uint8)
        return cls(empty, empty, empty, np.zeros(0, dtype=np.int64))

    @classmethod
    def rests(cls, frames: NDArray[np.int64]) -> "Rows":
        """Return rows of these lengths in which nothing plays."""
        empty = np.zeros((len(frames), VOICES), dtype=np.uint8)
        return cls(empty, empty, empty, frames)

    @property
    def seconds(self) -> float:
        """How long they last."""
        return float(self.frames.sum()) / NES_FRAME_HZ

    def __len__(self) -> int:
        return len(self.states)

    def __getitem__(self, rows: slice) -> "Rows":
        return Rows(self.states[rows], self.volume[rows], self.timbre[rows], self.frames[rows])

    def then(self, more: "Rows") -> "Rows":
        """Return these rows followed by others."""
        return Rows(
            np.concatenate([self.states, more.states]),
            np.concatenate([self.volume, more.volume]),
            np.concatenate([self.timbre, more.timbre]),
            np.concatenate([self.frames, more.frames]),
        )
