"""Runs `tonnetz-lstm` slice by slice without torch.

Gives the numbers of `TonnetzLstm.forward`, which a test compares it with. torch needs ten times
as long for one slice, and longer to load than a take needs to be composed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.errors import ChipgenError
from chipgen.models.checkpoint_checks import check_finite
from chipgen.models.checkpoint_header import read_arrays
from chipgen.models.registry import weights_path
from chipgen.models.tonnetz_lstm.checkpoint_layout import CELLS, OUTPUT_MAPS
from chipgen.models.tonnetz_lstm.config import TonnetzLstmConfig
from chipgen.models.tonnetz_lstm.kernels import (
    decode_rows,
    echo_rows,
    encode_rows,
    linear_rows,
    lstm_rows,
    skip_rows,
)
from chipgen.models.tonnetz_lstm.weights import Array, Linear, SliceArrays
from chipgen.music import tonnetz
from chipgen.music.tonnetz import COLUMNS, PITCHES, ROWS

_BLOCK_SLICES: Final = 64  # slices that are read at once


class SliceWeights(SliceArrays):
    """`tonnetz-lstm` without torch: what composes by it, and scores by it, takes this."""

    __slots__ = ()

    name = "tonnetz-lstm"
    task = "slices"

    @classmethod
    def of(cls, model: Any) -> "SliceWeights":
        """Return the weights of a `TonnetzLstm`; what is laid out already stays as it is."""
        if isinstance(model, cls):
            return model
        arrays = {
            name: value.detach().float().cpu().numpy() for name, value in model.state_dict().items()
        }
        return cls.from_arrays(model.config, arrays)

    def log_prob(self, slices: NDArray[np.generic], window: int | None = None) -> NDArray[Any]:
        """Return the log-probability of every pitch's state in every slice.

        Parameters
        ----------
        slices
            Boolean or 0/1, anything that numpy takes as an array, shape (steps, 88) or
            (batch, steps, 88); pitch i is MIDI 21 + i.
        window
            How many slices are heard before each prediction; by default all of the piece.

        Returns
        -------
        NDArray
            Natural logarithms, float64, the shape of `slices`: entry (t, p) is log P(slices[t, p] |
            slices[:t]), where slice 0 is predicted from silence. The sum over the last axis is the
            log-probability of a slice, since pitches are independent given the past.

        Raises
        ------
        ChipgenError
            If the slices have another shape.
        """
        given = np.asarray(slices)
        check_slices(given.shape)
        songs = given.reshape(-1, *given.shape[-2:]).astype(np.float32)
        logits = np.stack([self._song_logits(song, window) for song in songs])
        chosen = np.where(songs > 0, logits, -logits).astype(np.float64)
        return -np.logaddexp(0, -chosen).reshape(given.shape)

    def _song_logits(self, song: Array, window: int | None) -> Array:
        heard = np.concatenate([np.zeros((1, PITCHES), np.float32), song[:-1]])
        inference = SliceInference(self)
        if window is None:
            return inference.read(heard)
        logits, start = [], inference.mark
        for end in range(1, len(heard) + 1):
            inference.rewind(start)
            logits.append(inference.read(heard[max(0, end - window) : end])[-1])
        return np.stack(logits)


def load_weights(name_or_path: str | Path) -> SliceWeights:
    """Read the weights of `tonnetz-lstm`, without torch.

    Parameters
    ----------
    name_or_path
        A shipped model's name or the path of a checkpoint.

    Raises
    ------
    ChipgenError
        If there is no such file, or it holds another model, or damage.
    """
    path = weights_path(str(name_or_path))
    arrays, info = read_arrays(path, SliceWeights.name)
    return SliceWeights.from_arrays(TonnetzLstmConfig.from_description(info.config), arrays)


def check_slices(shape: tuple[int, ...]) -> None:
    """Refuse slices that are not of shape (steps, 88) or (batch, steps, 88).

    Raises
    ------
    ChipgenError
        With the shape they have.
    """
    if len(shape) not in {2, 3} or shape[-1] != PITCHES or not shape[-2]:
        raise ChipgenError(f"slices have shape {tuple(shape)}; give (steps, {PITCHES})")


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """Where an inference's reading stands.

    Attributes
    ----------
    read
        Slices read.
    hidden, cell
        The LSTM's state, (layers, 1, hidden).
    """

    read: int
    hidden: Array
    cell: Array


class SliceInference:
    """The network's state for one piece: all slices read so far.

    Parameters
    ----------
    weights
        Read only; many engines can share them.
    reach
        How many moments back the echo looks; None looks at all.
    """

    def __init__(self, weights: SliceArrays, reach: int | None = None) -> None:
        self._weights = weights
        self._reach = reach
        c = weights.config
        first, second = c.maps
        self._read = 0
        self._before = c.window - 1  # silent slices that the piece begins after
        self._heard = np.zeros((self._before + _BLOCK_SLICES, PITCHES), np.float32)
        self._keys = np.zeros((c.echoes * c.key, _BLOCK_SLICES), np.float32)
        self._hidden = np.zeros((c.layers, 1, c.hidden), np.float32)
        self._cell = np.zeros((c.layers, 1, c.hidden), np.float32)
        self._lattices, self._latents = _rows(1, ROWS * COLUMNS), _rows(c.latent)
        self._inputs, self._states = _rows(c.latent + PITCHES), _rows(c.hidden)
        self._moments, self._found = _rows(c.hidden + c.latent), _rows(2 * c.echoes * c.key)
        self._echoes, self._added = _rows(c.echoes * (PITCHES + 1)), _rows(c.hidden)
        self._heads, self._logits = _rows(len(weights.heads[1])), _rows(PITCHES)
        maps, gates, answer = _rows(second, CELLS), _rows(4 * c.hidden), _rows(c.latent)
        flat, decoded = maps.reshape(_BLOCK_SLICES, -1), _rows(OUTPUT_MAPS, CELLS)
        # What is called in turn with the number of rows.
        self._hear = [
            encode_rows.bind(
                maps=self._lattices, hidden=np.zeros((first, 2 * CELLS), np.float32), y=maps,
                **_convolutions(weights.encoder, ROWS, 2),
            ),
            _linear(flat, weights.to_latent, self._latents),
        ]  # fmt: skip
        self._follow = []
        for number, (layer, state) in enumerate(weights.lstm):
            x = self._states if number else self._inputs
            hidden, cell = self._hidden[number], self._cell[number]
            self._follow += [
                _linear(x, layer, gates),
                lstm_rows.bind(gates=gates, weight=state, hidden=hidden, cell=cell, y=self._states),
            ]
        self._search = _linear(self._moments, weights.search, self._found)
        self._add = _linear(self._echoes, weights.recall, self._added)
        self._answer = [
            _linear(self._states, weights.answer, answer),
            _linear(answer, weights.from_latent, flat),
            decode_rows.bind(
                maps=maps, hidden=np.zeros((first, CELLS), np.float32), y=decoded,
                **_convolutions(weights.decoder, ROWS // 4, 1),
            ),
            _linear(decoded.reshape(_BLOCK_SLICES, -1), weights.average, self._logits),
            _linear(self._states, weights.heads, self._heads),
        ]  # fmt: skip
        self._bind_memory()

    @property
    def mark(self) -> Mark:
        """Where reading stands; `rewind` takes it."""
        return Mark(self._read, self._hidden.copy(), self._cell.copy())

    def rewind(self, mark: Mark) -> None:
        """Forget the slices read since `mark`."""
        self._read = mark.read
        self._hidden[:], self._cell[:] = mark.hidden, mark.cell

    def read(self, slices: NDArray[np.generic]) -> Array:
        """Read on, and return the logits of the slice after each of these.

        Parameters
        ----------
        slices
            Boolean or 0/1, shape (n, 88).

        Returns
        -------
        NDArray
            Shape (n, 88).
        """
        logits = np.empty((len(slices), PITCHES), np.float32)
        for at in range(0, len(slices), _BLOCK_SLICES):
            block = slices[at : at + _BLOCK_SLICES]
            self._read_block(block.astype(np.float32), len(block))
            logits[at : at + len(block)] = self._logits[: len(block)]
        check_finite(logits)
        return logits

    def _read_block(self, slices: Array, rows: int) -> None:
        latent = self._latents.shape[1]
        self._lattices[:rows, 0] = tonnetz.encode(slices).reshape(rows, -1)
        for step in self._hear:
            step(rows)
        self._inputs[:rows, :latent] = self._latents[:rows]
        self._inputs[:rows, latent:] = slices
        for step in self._follow:
            step(rows)
        self._make_room(rows)
        now = self._before + self._read
        self._heard[now : now + rows] = slices
        if self._echoes.size:
            self._moments[:rows, :-latent] = self._states[:rows]
            self._moments[:rows, -latent:] = self._latents[:rows]
            self._search(rows)
            reach = self._keys.shape[1] if self._reach is None else self._reach
            self._recall(self._read, reach, rows)
            self._add(rows)
            self._states[:rows] += self._added[:rows]
        for step in self._answer:
            step(rows)
        self._skip(now, rows)
        self._read += rows

    def _make_room(self, rows: int) -> None:
        """Double the memory for slices read, if `more` slices would not fit."""
        room = self._keys.shape[1]
        if self._read + rows > room:
            self._keys = np.concatenate([self._keys, np.zeros_like(self._keys)], axis=1)
            more = np.zeros((room, PITCHES), np.float32)
            self._heard = np.concatenate([self._heard, more])
            self._bind_memory()

    def _bind_memory(self) -> None:
        c, w = self._weights.config, self._weights
        self._recall = echo_rows.bind(
            found=self._found, scale=c.key**-0.5, no_echo=w.no_echo, echoes=self._echoes,
            keys=self._keys, followed=self._heard[self._before + 1 :],
            scores=np.empty(self._keys.shape[1], np.float32),
        )  # fmt: skip
        self._skip = skip_rows.bind(
            heads=self._heads, window=c.window, echoes=self._echoes, ways=c.echoes, y=self._logits,
            heard=self._heard,
        )  # fmt: skip


def _rows(*shape: int) -> Array:
    return np.zeros((_BLOCK_SLICES, *shape), np.float32)


def _linear(x: Array, layer: Linear, y: Array) -> Callable[[int], None]:
    bound: Callable[[int], None] = linear_rows.bind(x=x, weight=layer[0], bias=layer[1], y=y)
    return bound


def _convolutions(layers: tuple[Linear, Linear], rows: int, stride: int) -> dict[str, Array]:
    """Return weights of two convolutions by the kernels' names, and room for what they need."""
    arrays: dict[str, Array] = {}
    for number, (weight, bias) in enumerate(layers, 1):
        maps = weight.shape[1] // 9
        arrays |= {f"weight{number}": weight, f"bias{number}": bias}
        arrays[f"wide{number}"] = np.zeros((maps, (rows + 2) * (COLUMNS + 2)), np.float32)
        rows //= stride
        arrays[f"patches{number}"] = np.zeros((9 * maps, rows * COLUMNS), np.float32)
    return arrays
