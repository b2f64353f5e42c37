"""`tonnetz-lstm`'s weights to its answers, slice by slice, without torch.

This engine does the sums of `TonnetzLstm.forward`; a test holds the two together. torch takes ten
times as long for one slice, and longer to load than a take takes to compose.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipgen.errors import ChipgenError
from chipgen.models.header import read_arrays
from chipgen.models.registry import weights_path
from chipgen.models.row_transformer.kernels import add_products
from chipgen.models.tonnetz_lstm.config import TonnetzLstmConfig
from chipgen.models.tonnetz_lstm.kernels import (
    decode_rows,
    encode_rows,
    linear_rows,
    lstm_rows,
    recall_rows,
    skip_rows,
)
from chipgen.music import tonnetz
from chipgen.music.tonnetz import COLUMNS, PITCHES, ROWS

Array = NDArray[np.float32]

_BLOCK_SLICES = 64  # slices that are read at once
_OUTPUT_MAPS = 4  # maps of the decoder, on every fourth row of the lattice
_CELLS = ROWS // _OUTPUT_MAPS * COLUMNS


@dataclass(frozen=True, slots=True, eq=False)
class SliceWeights:
    """The weights of `tonnetz-lstm`, laid out for reading slice by slice.

    Attributes
    ----------
    config
        Its sizes.
    encoder, to_latent, from_latent, decoder
        Weights and biases of the autoencoder: its two convolutions each way, and what lies between
        them and the latent.
    average
        What averages the decoder's maps over each pitch's cells.
    lstm
        Of each layer the weights of inputs, (in, 4 · hidden), their bias, and those of the state,
        (hidden, 4 · hidden).
    search, recall
        Weights and biases from a moment to its query and its key, and from echoes to what they add
        to the state.
    no_echo
        The score of there being no moment like the present one, of each way of looking.
    heads
        Weights and biases from the state to the latent, the pitches' bias, and the gates of what is
        heard again.
    """

    config: TonnetzLstmConfig
    encoder: tuple[Array, ...]
    to_latent: tuple[Array, Array]
    from_latent: tuple[Array, Array]
    decoder: tuple[Array, ...]
    average: Array
    lstm: tuple[tuple[Array, Array, Array], ...]
    search: tuple[Array, Array]
    recall: tuple[Array, Array]
    no_echo: Array
    heads: tuple[Array, Array]

    name = "tonnetz-lstm"
    task = "slices"

    @classmethod
    def from_arrays(cls, config: TonnetzLstmConfig, arrays: dict[str, Array]) -> "SliceWeights":
        """Lay out a checkpoint's arrays.

        Raises
        ------
        KeyError, ValueError
            If they do not belong to a model of these sizes.
        """
        c = config
        echo_names = ("query", "keys", "recall", "echo_gate") if c.echoes else ()
        skips = ("hold_gate", "window_gate", *echo_names[3:])

        def linear(*names: str) -> tuple[Array, Array]:
            weight = np.concatenate([arrays[f"{name}.weight"] for name in names]).T
            return _own(weight), _own(np.concatenate([arrays[f"{name}.bias"] for name in names]))

        def convolution(name: str) -> tuple[Array, Array]:
            weight = arrays[f"autoencoder.{name}.weight"]
            return _own(weight.reshape(len(weight), -1)), _own(arrays[f"autoencoder.{name}.bias"])

        layers = [
            [arrays[f"lstm.{part}_l{layer}"] for part in ("weight_ih", "bias_ih", "bias_hh",
             "weight_hh")]
            for layer in range(c.layers)
        ]  # fmt: skip
        # The decoder's maps are the rows of the lattice in turn; here all of a map come together.
        average = tonnetz.averaging_matrix().reshape(-1, _OUTPUT_MAPS, COLUMNS, PITCHES)
        moment = c.hidden + c.latent
        nothing = np.zeros((0, 0), np.float32), np.zeros(0, np.float32)
        weights = cls(
            c,
            (*convolution("encode_first"), *convolution("encode_second")),
            linear("autoencoder.to_latent"),
            linear("autoencoder.from_latent"),
            (*convolution("decode_second"), *convolution("decode_first")),
            _own(average.swapaxes(0, 1).reshape(-1, PITCHES)),
            tuple((_own(i.T), _own(bi + bh), _own(h.T)) for i, bi, bh, h in layers),
            linear("query", "keys") if c.echoes else nothing,
            linear("recall") if c.echoes else nothing,
            _own(arrays["no_echo"]) if c.echoes else nothing[1],
            linear("to_latent", "pitch_bias", *skips),
        )  # fmt: skip
        first, second = c.maps
        expected = [
            (first, 9), (first,), (second, 9 * first), (second,), (first, 9 * second), (first,),
            (_OUTPUT_MAPS, 9 * first), (_OUTPUT_MAPS,), (second * _CELLS, c.latent),
            (c.latent, second * _CELLS), (c.hidden, c.latent + PITCHES * (2 + c.echoes) + c.window),
        ]  # fmt: skip
        for layer in range(c.layers):
            inputs = c.hidden if layer else c.latent + PITCHES
            expected += [(inputs, 4 * c.hidden), (4 * c.hidden,), (c.hidden, 4 * c.hidden)]
        if c.echoes:
            expected += [
                (moment, 2 * c.echoes * c.key), (c.echoes * (PITCHES + 1), c.hidden), (c.echoes,)
            ]  # fmt: skip
        found = [*weights.encoder, *weights.decoder, weights.to_latent[0], weights.from_latent[0]]
        found.append(weights.heads[0])
        found += [part for layer in weights.lstm for part in layer]
        if c.echoes:
            found += [weights.search[0], weights.recall[0], weights.no_echo]
        if [part.shape for part in found] != expected:
            raise ValueError("weights of other sizes")
        return weights

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
        if window is None:
            return SliceEngine(self).read(heard)
        ends = range(1, len(heard) + 1)
        return np.concatenate(
            [SliceEngine(self).read(heard[max(0, end - window) : end])[-1:] for end in ends]
        )


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
    arrays, info = read_arrays(path)
    if info.model != SliceWeights.name:
        raise ChipgenError(f"{path} is a {info.model}; give a {SliceWeights.name}")
    try:
        return SliceWeights.from_arrays(TonnetzLstmConfig.from_description(info.config), arrays)
    except (KeyError, ValueError, TypeError) as error:
        raise ChipgenError(f"{path}: its weights do not fit its configuration") from error


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
    """Where an engine's reading stands.

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


class SliceEngine:
    """The network of one piece, with all that it heard.

    Parameters
    ----------
    weights
        Read only; many engines can share them.
    reach
        How many moments back the echo looks; None looks at all.
    """

    def __init__(self, weights: SliceWeights, reach: int | None = None) -> None:
        self._w = weights
        self._reach = reach
        c = weights.config
        first, second = c.maps
        self._read = 0
        self._hidden = np.zeros((c.layers, 1, c.hidden), np.float32)
        self._cell = np.zeros((c.layers, 1, c.hidden), np.float32)
        self._before = c.window - 1  # silent slices that the piece begins after
        self._heard = np.zeros((self._before + _BLOCK_SLICES, PITCHES), np.float32)
        self._keys = np.zeros((c.echoes * c.key, _BLOCK_SLICES), np.float32)
        self._encoding = (*_scratch(1, ROWS, 2, first), *_scratch(first, ROWS // 2, 2)[:2])
        self._decoding = (
            *_scratch(second, ROWS // 4, 1, first),
            *_scratch(first, ROWS // 4, 1)[:2],
        )

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
        blocks = [
            self._read_block(slices[at : at + _BLOCK_SLICES].astype(np.float32))
            for at in range(0, len(slices), _BLOCK_SLICES)
        ]
        return np.concatenate(blocks)

    def _read_block(self, slices: Array) -> Array:
        w, c, rows = self._w, self._w.config, len(slices)
        lattices = tonnetz.encode(slices).reshape(rows, 1, ROWS * COLUMNS)
        maps = np.empty((rows, c.maps[1], _CELLS), np.float32)
        encode_rows(lattices, *w.encoder, *self._encoding, maps)
        latents = _linear(maps.reshape(rows, -1), *w.to_latent)
        states = np.concatenate([latents, slices], axis=1)
        for layer, (inputs, bias, weight) in enumerate(w.lstm):
            gates = _linear(states, inputs, bias)
            states = np.empty((rows, c.hidden), np.float32)
            lstm_rows(gates, weight, self._hidden[layer], self._cell[layer], states)
        self._make_room(rows)
        now = self._before + self._read
        self._heard[now : now + rows] = slices
        echoes = np.zeros((rows, c.echoes * (PITCHES + 1)), np.float32)
        if c.echoes:
            self._recall(np.concatenate([states, latents], axis=1), echoes)
            states = states + _linear(echoes, *w.recall)
        self._read += rows
        heads = _linear(states, *w.heads)
        asked, logits, gates = np.split(heads, [c.latent, c.latent + PITCHES], axis=1)
        logits = _own(logits)
        maps = _linear(_own(asked), *w.from_latent).reshape(maps.shape)
        decoded = np.empty((rows, _OUTPUT_MAPS, _CELLS), np.float32)
        decode_rows(maps, *w.decoder, *self._decoding, decoded)
        add_products(decoded.reshape(rows, -1), w.average, logits)
        skip_rows(_own(gates), self._heard, now, c.window, echoes, c.echoes, logits)
        return logits

    def _recall(self, moments: Array, echoes: Array) -> None:
        """Keep the moments' keys, and fill in the echoes of what followed moments like them."""
        queries, keys = np.split(_linear(moments, *self._w.search), 2, axis=1)
        self._keys[:, self._read : self._read + len(keys)] = keys.T
        room = self._keys.shape[1]
        recall_rows(
            _own(queries), self._keys, self._heard[self._before + 1 :], self._read,
            room if self._reach is None else self._reach, self._w.no_echo,
            np.empty(room, np.float32), echoes,
        )  # fmt: skip

    def _make_room(self, rows: int) -> None:
        """Double the room for what was heard, if so many more slices would not fit."""
        room = self._keys.shape[1]
        if self._read + rows > room:
            self._keys = np.concatenate([self._keys, np.zeros_like(self._keys)], axis=1)
            more = np.zeros((room, PITCHES), np.float32)
            self._heard = np.concatenate([self._heard, more])


def _linear(x: Array, weight: Array, bias: Array) -> Array:
    y = np.empty((len(x), len(bias)), np.float32)
    linear_rows(x, weight, bias, y)
    return y


def _scratch(maps: int, rows: int, stride: int, new_maps: int = 0) -> tuple[Array, Array, Array]:
    """Return room for a convolution: its wide maps, its patches, and its result."""
    shapes = (
        (maps, (rows + 2) * (COLUMNS + 2)),
        (9 * maps, rows // stride * COLUMNS),
        (new_maps, rows // stride * COLUMNS),
    )
    wide, patches, result = (np.zeros(shape, np.float32) for shape in shapes)
    return wide, patches, result


def _own(array: NDArray[Any]) -> Array:
    return np.ascontiguousarray(array, dtype=np.float32)
