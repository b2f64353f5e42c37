"""Computes a row transformer's answers row by row, without torch.

Composing asks for one row after the other, where a call into torch costs more than the sums it
does, and loading torch longer than composing. This engine does the sums of
`RowTransformer.forward` and of its heads; a test holds the two together.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.models.row_transformer.config import INTERVALS, VOLUMES, RowTransformerConfig
from chipgen.models.row_transformer.kernels import add_products, draw_one, read_rows, square
from chipgen.rows.copy_features import CANDIDATES
from chipgen.rows.features import CODES, COLUMNS, PITCH_COLUMNS
from chipgen.rows.states import HIGHEST, LOWEST, VOICES

Array = NDArray[np.float32]

NEVER: Final = np.float32(-1e9)
_BLOCK_ROWS: Final = 64  # rows of a prompt that are read at once


@dataclass(frozen=True, slots=True, eq=False)
class RowWeights:
    """A row transformer's weights, laid out for reading row by row.

    Attributes
    ----------
    config
        Its sizes.
    table
        What each code of each column adds to the first layer, shape (COLUMNS, 128, dim).
    bias
        What is added to that, shape (dim,).
    qkv, out, up, down
        Shape (layers, in, out).
    norms, last
        Weights and biases of the two norms of each layer, (layers, 4, dim), and of the last one,
        (2, dim).
    voices
        Of each voice's head, by the names of its layers; matrices have shape (in, out).
    """

    config: RowTransformerConfig
    table: Array
    bias: Array
    qkv: Array
    out: Array
    up: Array
    down: Array
    norms: Array
    last: Array
    voices: tuple[dict[str, Array], ...]

    name = "row-transformer"

    @classmethod
    def from_arrays(cls, config: RowTransformerConfig, arrays: dict[str, Array]) -> "RowWeights":
        """Lay out a checkpoint's arrays.

        Raises
        ------
        KeyError, ValueError
            If they do not belong to a model of these sizes.
        """

        def stacked(name: str) -> Array:
            layers = [arrays[f"blocks.{layer}.{name}.weight"].T for layer in range(config.layers)]
            return np.ascontiguousarray(np.stack(layers), dtype=np.float32)

        norms = [
            [arrays[f"blocks.{layer}.{norm}.{part}"] for norm in ("norm_attention", "norm_mlp")
             for part in ("weight", "bias")]
            for layer in range(config.layers)
        ]  # fmt: skip
        voices = []
        for voice in range(VOICES):
            begin = f"voices.{voice}."
            mine = {name[len(begin) :]: a for name, a in arrays.items() if name.startswith(begin)}
            voices.append(
                {
                    name: np.ascontiguousarray(
                        a.T if a.ndim == 2 and name not in _EMBEDDINGS else a, dtype=np.float32
                    )
                    for name, a in mine.items()
                }
            )
        return cls(
            config,
            _fold_reading(config, arrays),
            arrays["read.bias"].astype(np.float32),
            stacked("qkv"),
            stacked("out"),
            stacked("up"),
            stacked("down"),
            np.array(norms, dtype=np.float32),
            np.array([arrays["norm.weight"], arrays["norm.bias"]], dtype=np.float32),
            tuple(voices),
        )

    @classmethod
    def of(cls, model: Any) -> "RowWeights":
        """Return the weights of a `RowTransformer`; what is laid out already stays as it is."""
        if isinstance(model, cls):
            return model
        arrays = {
            name: value.detach().float().numpy() for name, value in model.state_dict().items()
        }
        return cls.from_arrays(model.config, arrays)


_EMBEDDINGS: Final = ("earlier.weight", "own.weight")


class RowEngine:
    """The network of one piece being composed, with its keys and values.

    Parameters
    ----------
    weights
        Read only; many engines can share them.
    """

    def __init__(self, weights: RowWeights) -> None:
        self._w = weights
        self.config = c = weights.config
        room = 2 * c.context + _BLOCK_ROWS
        self._keys = np.zeros((c.layers, c.heads, c.head_dim, room), dtype=np.float32)
        self._values = np.zeros((c.layers, c.heads, room, c.head_dim), dtype=np.float32)
        self._held = 0  # rows whose keys are there
        self._position = 0
        self._window = np.array([c.window, c.context])
        self._columns = np.arange(COLUMNS)

    @property
    def mark(self) -> tuple[int, int]:
        """Where reading stands; `rewind` takes it."""
        return self._held, self._position

    def rewind(self, mark: tuple[int, int]) -> None:
        """Forget the rows read since `mark`, before which room was made for them."""
        self._held, self._position = mark

    def start_at(self, position: int) -> None:
        """Let the first row read be at this index of the piece."""
        self._position = position

    def make_room(self, rows: int) -> None:
        """Drop the oldest keys if so many more rows would not fit (at most `context`)."""
        if self._held + rows > self._keys.shape[3]:
            keep = self.config.context - 1
            first = self._held - keep
            self._keys[..., :keep] = self._keys[..., first : self._held].copy()
            self._values[:, :, :keep] = self._values[:, :, first : self._held].copy()
            self._held = keep

    def read(self, codes: NDArray[np.uint8]) -> Array:
        """Return what the network makes of the next rows' past, shape (rows, dim).

        Parameters
        ----------
        codes
            From `describe_rows_all`, shape (rows, COLUMNS).
        """
        w, c = self._w, self.config
        hidden = [np.zeros((0, c.dim), dtype=np.float32)]
        for begin in range(0, len(codes), _BLOCK_ROWS):
            block = codes[begin : begin + _BLOCK_ROWS]
            self.make_room(len(block))
            x = w.table[self._columns, block].sum(axis=1) + w.bias
            hidden.append(
                read_rows(
                    x, self._position, self._held, self._keys, self._values, w.qkv, w.out, w.up,
                    w.down, w.norms, w.last, self._window, c.full_every,
                )
            )  # fmt: skip
            self._held += len(block)
            self._position += len(block)
        return np.concatenate(hidden)

    def state_logits(
        self,
        hidden: Array,
        codes: NDArray[np.uint8],
        states: NDArray[np.int64],
        voice: int,
    ) -> Array:
        """Return one voice's logits, shape (128,), given the voices before it."""
        w = self._w.voices[voice]
        z = _linear(w, "enter", hidden)
        candidates = codes[12:PITCH_COLUMNS].reshape(CANDIDATES, VOICES).astype(np.int64)
        if voice:
            before = states[:voice]
            for earlier in range(voice):
                z += w["earlier.weight"][before[earlier] + earlier * CODES]
            if self.config.copy:
                equal = candidates[:, :voice] == before
                both = np.concatenate([equal, equal & (before > 1)], axis=1).reshape(-1)
                add_products(both.astype(np.float32)[None], w["agree.weight"], z[None])
        square(z[None])
        z = z + np.maximum(_linear(w, "deepen", z), np.float32(0))
        logits = _linear(w, "to_logits", z)
        logits[2 : LOWEST[voice]] = NEVER
        logits[HIGHEST[voice] + 1 :] = NEVER
        if self.config.copy:
            gates = _linear(w, "to_gates", z)
            for which in range(CANDIDATES):
                logits[candidates[which, voice]] += gates[which]
        if self.config.relative and voice < 3:
            relative = _linear(w, "to_relative", z).reshape(2, INTERVALS)
            for which, heard in enumerate(_references(codes, states, voice)):
                if heard > 2:
                    low = heard - INTERVALS // 2  # the pitch of interval 0
                    begin, end = max(3, low), min(CODES, low + INTERVALS)
                    logits[begin:end] += relative[which, begin - low : end - low]
        return logits

    def expression_logits(self, hidden: Array, state: int, voice: int) -> tuple[Array, Array]:
        """Return logits of a beginning note's volume (16,) and timbre (4,)."""
        w = self._w.voices[voice]
        z = _linear(w, "enter_expression", hidden) + w["own.weight"][state]
        square(z[None])
        both = _linear(w, "to_expression", z)
        return both[:VOLUMES], both[VOLUMES:]


def draw(
    logits: Array,
    temperature: float,
    top_p: float,
    generator: np.random.Generator,
    min_p: float = 0.0,
) -> int:
    """Draw from the likeliest answers that make up `top_p`.

    Answers less likely than `min_p` times the likeliest are left out too.
    """
    return int(draw_one(logits, temperature, top_p, min_p, generator.random()))


def _linear(w: dict[str, Array], name: str, x: Array) -> Array:
    y = w[name + ".bias"].copy()
    add_products(x[None], w[name + ".weight"], y[None])
    return y


def _fold_reading(config: RowTransformerConfig, arrays: dict[str, Array]) -> Array:
    weight = np.ascontiguousarray(arrays["read.weight"].T, dtype=np.float32)
    pitch = arrays["pitch_embedding.weight"].reshape(VOICES, CODES, -1)
    small = arrays["small_embedding.weight"].reshape(-1, CODES, 16)
    wide = pitch.shape[2]
    table = np.zeros((COLUMNS, CODES, weight.shape[1]), dtype=np.float32)
    for column in range(COLUMNS):
        if column < PITCH_COLUMNS:
            begin, rows = column * wide, pitch[column % VOICES]
        else:
            begin = PITCH_COLUMNS * wide + (column - PITCH_COLUMNS) * 16
            rows = small[column - PITCH_COLUMNS]
        part = np.ascontiguousarray(weight[begin : begin + rows.shape[1]])
        add_products(np.ascontiguousarray(rows, dtype=np.float32), part, table[column])
    if not config.copy:  # without recall the network sees zeros there
        table[12:PITCH_COLUMNS] = table[12:PITCH_COLUMNS, :1]
        table[PITCH_COLUMNS + 12 : -5] = table[PITCH_COLUMNS + 12 : -5, :1]
    return table


def _references(codes: NDArray[np.uint8], states: NDArray[np.int64], voice: int) -> tuple[int, int]:
    own = int(codes[8 + voice])
    if voice == 0:
        return own, int(codes[6])
    return own, int(codes[4]) if states[0] == 1 else int(states[0])
