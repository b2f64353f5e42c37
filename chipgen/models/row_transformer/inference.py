"""Runs `row-transformer` row by row without torch.

Composing needs one row at a time, for which calls into torch cost more than their arithmetic, and
loading torch takes longer than composing. Inference gives the same numbers as
`RowTransformer.forward` and its heads, which a test compares it with.
"""

import functools
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.declared_arrays import check_shapes
from chipgen.models.checkpoint_checks import check_finite
from chipgen.models.matrix_products import add_products
from chipgen.models.row_transformer.checkpoint_layout import array_shapes
from chipgen.models.row_transformer.config import (
    INTERVALS,
    TIMBRES,
    VOLUMES,
    RowTransformerConfig,
)
from chipgen.models.row_transformer.kernels import (
    NEVER,
    draw_one,
    expression_logits,
    read_rows,
    state_logits,
)
from chipgen.rows.copy_features import CANDIDATES
from chipgen.rows.plan_features import PLAN_COLUMNS
from chipgen.rows.row_features import CODES, COLUMNS, PITCH_COLUMNS
from chipgen.rows.row_states import HIGHEST, LOWEST, VOICES
from synth.kernels.elementary import exp

Array = NDArray[np.float32]

__all__ = ["NEVER", "RowInference", "RowWeights", "draw"]

_LN_2: Final = 0.6931471805599453
_BLOCK_ROWS: Final = 64  # rows of a prompt that are read at once


@dataclass(frozen=True, slots=True, eq=False)
class RowWeights:
    """A row transformer's weights, laid out for reading row by row.

    Attributes
    ----------
    config
        Its sizes.
    table
        What each code of each column, a plan's behind the others, adds to the first layer; shape
        (columns, 128, dim).
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
        ValueError
            If they do not belong to a model of these sizes.
        """
        shapes = {name: array.shape for name, array in arrays.items()}
        check_shapes(shapes, array_shapes(asdict(config)))

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

    def guided(self, strengths: Sequence[float]) -> "RowWeights":
        """Return these weights with the influence of planned chords and keys multiplied.

        Parameters
        ----------
        strengths
            Of each voice; 1 leaves it.
        """
        if not self.config.plan:
            return self
        voices = tuple(
            {
                name: array * np.float32(strength) if name.startswith("to_turned") else array
                for name, array in head.items()
            }
            for head, strength in zip(self.voices, strengths, strict=True)
        )
        guided: RowWeights = replace(self, voices=voices)
        return guided

    @classmethod
    def of(cls, model: Any) -> "RowWeights":
        """Return the weights of a `RowTransformer`; what is laid out already stays as it is."""
        if isinstance(model, cls):
            return model
        arrays = {
            name: value.detach().float().numpy() for name, value in model.state_dict().items()
        }
        return cls.from_arrays(model.config, arrays)


def _columns(config: RowTransformerConfig) -> int:
    """Return how many codes describe a row."""
    return COLUMNS + (PLAN_COLUMNS if config.plan else 0)


_EMBEDDINGS: Final = ("earlier.weight", "own.weight", "harmony.weight")


class RowInference:
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
        inner = c.heads * c.head_dim
        empty = functools.partial(np.empty, dtype=np.float32)
        self._read = read_rows.bind(
            table=weights.table, bias=weights.bias, keys=self._keys, values=self._values,
            qkv=weights.qkv, out=weights.out, up=weights.up, down=weights.down,
            norms=weights.norms, last=weights.last, waves=_waves(c.head_dim // 2),
            narrow=c.window, whole=c.context, full_every=c.full_every,
            x=empty((_BLOCK_ROWS, c.dim)), normal=empty((_BLOCK_ROWS, c.dim)),
            three=empty((_BLOCK_ROWS, 3 * inner)), mixed=empty((_BLOCK_ROWS, inner)),
            wide=empty((_BLOCK_ROWS, c.mlp)), turns=empty((_BLOCK_ROWS, 2, c.head_dim // 2)),
            query=empty(c.head_dim), scores=empty(room),
        )  # fmt: skip
        self._voices = [_VoiceHead(head, voice, c) for voice, head in enumerate(weights.voices)]

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
        """Drop the oldest keys if `rows` more (at most `context`) would not fit."""
        if self._held + rows > self._keys.shape[3]:
            keep = self.config.context - 1
            first = self._held - keep
            self._keys[..., :keep] = self._keys[..., first : self._held].copy()
            self._values[:, :, :keep] = self._values[:, :, first : self._held].copy()
            self._held = keep

    def read(self, codes: NDArray[np.uint8]) -> Array:
        """Return the network's hidden state for each of the next rows, shape (rows, dim).

        Parameters
        ----------
        codes
            From `describe_rows_all`, shape (rows, COLUMNS).
        """
        hidden = np.empty((len(codes), self.config.dim), dtype=np.float32)
        for begin in range(0, len(codes), _BLOCK_ROWS):
            block = codes[begin : begin + _BLOCK_ROWS]
            self.make_room(len(block))
            self._read(block, self._position, self._held, hidden[begin : begin + len(block)])
            self._held += len(block)
            self._position += len(block)
        check_finite(hidden)
        return hidden

    def state_logits(
        self,
        hidden: Array,
        codes: NDArray[np.uint8],
        states: NDArray[np.int64],
        voice: int,
    ) -> Array:
        """Return one voice's logits, shape (128,), given the voices before it."""
        logits = np.empty(CODES, dtype=np.float32)
        self._voices[voice].state(hidden, codes, states, logits)
        check_finite(logits)
        return logits

    def expression_logits(self, hidden: Array, state: int, voice: int) -> tuple[Array, Array]:
        """Return logits of a beginning note's volume (16,) and timbre (4,)."""
        both = np.empty(VOLUMES + TIMBRES, dtype=np.float32)
        self._voices[voice].expression(hidden, state, both)
        check_finite(both)
        return both[:VOLUMES], both[VOLUMES:]


class _VoiceHead:
    """A voice's head, with room to compute in."""

    def __init__(self, w: dict[str, Array], voice: int, config: RowTransformerConfig) -> None:
        empty = functools.partial(np.empty, dtype=np.float32)
        matrix, vector = empty((0, 0)), empty(0)
        has_relative = config.relative and voice < 3
        self.state = state_logits.bind(
            voice=voice, lowest=LOWEST[voice], highest=HIGHEST[voice],
            plan=COLUMNS if config.plan else -1,
            enter=w["enter.weight"], enter_bias=w["enter.bias"],
            earlier=w["earlier.weight"] if voice else matrix,
            agree=w["agree.weight"] if voice and config.copy else matrix,
            deepen=w["deepen.weight"], deepen_bias=w["deepen.bias"],
            to_logits=w["to_logits.weight"], to_logits_bias=w["to_logits.bias"],
            to_gates=w["to_gates.weight"] if config.copy else matrix,
            to_gates_bias=w["to_gates.bias"] if config.copy else vector,
            to_relative=w["to_relative.weight"] if has_relative else matrix,
            to_relative_bias=w["to_relative.bias"] if has_relative else vector,
            harmony=w["harmony.weight"] if config.plan else matrix,
            to_turned=w["to_turned.weight"] if config.plan else matrix,
            to_turned_bias=w["to_turned.bias"] if config.plan else vector,
            z=empty(config.voice_dim), deep=empty(config.voice_dim),
            agreed=empty(2 * CANDIDATES * VOICES), gates=empty(2 * CANDIDATES),
            relative=empty(2 * INTERVALS), turned=empty(2 * 12),
        )  # fmt: skip
        self.expression = expression_logits.bind(
            enter=w["enter_expression.weight"], enter_bias=w["enter_expression.bias"],
            own=w["own.weight"], to_expression=w["to_expression.weight"],
            to_expression_bias=w["to_expression.bias"], z=empty(len(w["enter_expression.bias"])),
        )  # fmt: skip


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
    shares, drawn = np.empty((2, len(logits))), np.empty(len(logits), dtype=np.int64)
    return int(draw_one(logits, temperature, top_p, min_p, generator.random(), shares, drawn))


def _waves(count: int) -> NDArray[np.float64]:
    """Return radians a row, from 1 down to 1/2,048, which is 2^-11: the same on every machine."""
    whole, parts = np.divmod(11 * np.arange(count), count)
    return np.array(
        [2.0**-n * exp(-part / count * _LN_2) for n, part in zip(whole, parts, strict=True)]
    )


def _fold_reading(config: RowTransformerConfig, arrays: dict[str, Array]) -> Array:
    weight = np.ascontiguousarray(arrays["read.weight"].T, dtype=np.float32)
    pitch = arrays["pitch_embedding.weight"].reshape(VOICES, CODES, -1)
    small = arrays["small_embedding.weight"].reshape(-1, CODES, 16)
    wide = pitch.shape[2]
    table = np.zeros((_columns(config), CODES, weight.shape[1]), dtype=np.float32)
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
        evidence = slice(PITCH_COLUMNS + 12, COLUMNS - 5)
        table[evidence] = table[evidence, :1]
    if config.plan:
        plan = arrays["plan_embedding.weight"].reshape(PLAN_COLUMNS, CODES, -1)
        weight = np.ascontiguousarray(arrays["read_plan.weight"].T, dtype=np.float32)
        for column, rows in enumerate(plan):
            part = weight[column * rows.shape[1] : (column + 1) * rows.shape[1]]
            into = table[COLUMNS + column]
            add_products(
                np.ascontiguousarray(rows, dtype=np.float32), np.ascontiguousarray(part), into
            )
    return table
