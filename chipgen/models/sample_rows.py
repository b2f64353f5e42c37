"""A trained row transformer and the rows so far to new rows, drawn one voice after the other."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from chipgen.models.recall import VOICES, Recall
from chipgen.models.row_engine import RowEngine, draw
from chipgen.models.row_features import describe_next_row, describe_rows_all
from chipgen.models.row_transformer import Cache, RowTransformer

HOLD: Final = 1
_EXPRESSION_TOP_P: Final = 0.9  # unlikely volumes sound like mistakes


@dataclass(frozen=True, slots=True)
class RowSampling:
    """How rows are drawn.

    Attributes
    ----------
    temperature
        Divides the logits; above 0.
    top_p
        Only the likeliest states that make up this share are drawn from.
    onset_bias, rest_bias
        Added to the logits of all pitches, and of silence, voice by voice: above 0 for more.
    """

    temperature: float = 1.0
    top_p: float = 0.95
    onset_bias: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    rest_bias: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


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


def sample_rows(
    model: RowTransformer,
    history: Rows,
    frames: NDArray[np.int64],
    sampling: RowSampling,
    generator: torch.Generator,
    kept: Rows | None = None,
    keep: tuple[bool, bool, bool, bool] = (False, False, False, False),
) -> Rows:
    """Draw rows that follow `history`.

    Parameters
    ----------
    history
        What was played before; may be empty.
    frames
        Lengths of the rows to draw, in NES frames, shape (rows,).
    kept, keep
        Rows of which the voices marked in `keep` are taken as they are; as many as `frames`.

    Returns
    -------
    Rows
        The new rows alone. The same generator state gives the same rows.
    """
    drawn = list(stream_rows(model, history, frames, sampling, generator, kept, keep))
    if not drawn:
        empty = np.zeros((0, VOICES), dtype=np.uint8)
        return Rows(empty, empty, empty, frames)
    states, volume, timbre = (np.stack(part) for part in zip(*drawn, strict=True))
    return Rows(states, volume, timbre, frames)


def stream_rows(
    model: RowTransformer,
    history: Rows,
    frames: NDArray[np.int64],
    sampling: RowSampling,
    generator: torch.Generator,
    kept: Rows | None = None,
    keep: tuple[bool, bool, bool, bool] = (False, False, False, False),
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]]:
    """Yield (states, volume, timbre) of one row after the other, each of shape (4,)."""
    state = _State.after(model, history, len(frames))
    for index, length in enumerate(frames.tolist()):
        given = kept.states[index] if kept is not None else None
        states = state.draw(sampling, generator, given, keep)
        volume, timbre = state.express(states, generator)
        if kept is not None:
            for voice in range(VOICES):
                if keep[voice]:
                    volume[voice], timbre[voice] = (
                        kept.volume[index, voice],
                        kept.timbre[index, voice],
                    )
        state.push(states, volume, timbre, length)
        yield states, volume, timbre


class _State:
    """The model's memory of all rows so far: keys and values, and what may be recalled."""

    def __init__(self, model: RowTransformer, capacity: int) -> None:
        self.memory = Recall(capacity)
        self.engine = RowEngine(model)
        self.lengths = (0, 0)
        self.codes = np.zeros(0, dtype=np.uint8)
        self.hidden = np.zeros(0, dtype=np.float32)

    @classmethod
    @torch.no_grad()
    def after(cls, model: RowTransformer, history: Rows, more: int) -> "_State":
        rows = len(history)
        state = cls(model, rows + more + 1)
        for row in range(rows):
            state.memory.push(history.states[row], history.volume[row], history.timbre[row])
        if rows:
            before = int(history.frames[-2]) if rows > 1 else 0
            state.lengths = (int(history.frames[-1]), before)
            codes = describe_rows_all(
                history.states, history.volume, history.timbre, history.frames
            )
            begin = max(0, rows - model.config.context + 1)
            cache: Cache = []
            model(torch.from_numpy(codes[begin:].astype(np.int64))[None], cache, begin)
            state.engine.fill(cache, rows)
        state._look()
        return state

    def draw(
        self,
        sampling: RowSampling,
        generator: torch.Generator,
        given: NDArray[np.uint8] | None,
        keep: tuple[bool, bool, bool, bool],
    ) -> NDArray[np.uint8]:
        states = np.zeros(VOICES, dtype=np.int64)
        for voice in range(VOICES):
            if given is not None and keep[voice]:
                states[voice] = int(given[voice])
                continue
            logits = self.engine.state_logits(self.hidden, self.codes, states, voice)
            logits[2:] += sampling.onset_bias[voice]
            logits[0] += sampling.rest_bias[voice]
            if not self.memory.is_sounding(voice):
                logits[HOLD] = -1e9  # a silent voice has nothing to hold
            states[voice] = draw(logits, sampling.temperature, sampling.top_p, generator)
        return states.astype(np.uint8)

    def express(
        self, states: NDArray[np.uint8], generator: torch.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        volume, timbre = np.zeros(VOICES, dtype=np.uint8), np.zeros(VOICES, dtype=np.uint8)
        for voice in range(VOICES):
            if states[voice] <= HOLD:
                continue
            if voice == 2:
                volume[voice] = 1
                continue
            loud, colour = self.engine.expression_logits(self.hidden, int(states[voice]), voice)
            loud[0] = -1e9  # a note that begins is heard
            if voice == 3:
                colour[2:] = -1e9  # the noise has two modes
            volume[voice] = draw(loud, 1.0, _EXPRESSION_TOP_P, generator)
            timbre[voice] = draw(colour, 1.0, _EXPRESSION_TOP_P, generator)
        return volume, timbre

    def push(
        self,
        states: NDArray[np.uint8],
        volume: NDArray[np.uint8],
        timbre: NDArray[np.uint8],
        frames: int,
    ) -> None:
        self.memory.push(states, volume, timbre)
        self.lengths = (frames, self.lengths[0])
        self._look()

    def _look(self) -> None:
        self.codes = describe_next_row(self.memory, self.lengths)
        self.hidden = self.engine.read(self.codes)
