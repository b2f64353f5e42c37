"""A row transformer's weights to the same answers one row at a time, in NumPy.

Composing asks for one row after the other, where a call into torch costs more than the sums it
does. This engine does the sums of `RowTransformer.forward` and of its heads for a single row; a
test holds the two together.
"""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from chipgen.models.recall import CANDIDATES, VOICES
from chipgen.models.row_features import CODES, COLUMNS, PITCH_COLUMNS
from chipgen.models.row_transformer import INTERVALS, VOLUMES, Cache, RowTransformer

Array = NDArray[np.float32]

_EPSILON: Final = 1e-5  # torch's LayerNorm


class RowEngine:
    """The network of one piece being composed, with its keys and values.

    Parameters
    ----------
    model
        Trained; its weights are read once.
    """

    def __init__(self, model: RowTransformer) -> None:
        self.config = model.config
        self._w = {
            name: value.detach().float().numpy() for name, value in model.state_dict().items()
        }
        self._allowed = [head.allowed.numpy() for head in model.voices]  # type: ignore[operator]
        self._table = self._fold_reading()
        c = self.config
        self._keys = np.zeros((c.layers, c.heads, 2 * c.context, c.head_dim), dtype=np.float32)
        self._values = np.zeros_like(self._keys)
        self._rows = 0  # of keys held
        self._position = 0
        half = c.head_dim // 2
        self._rate = (2048.0 ** (-np.arange(half) / half)).astype(np.float32)
        self._columns = np.arange(COLUMNS)
        self._pitch = np.arange(CODES)

    def fill(self, cache: Cache, position: int) -> None:
        """Take over keys and values of rows that torch has read; the next row is at `position`."""
        if cache:
            keep = self.config.context - 1
            self._rows = min(keep, cache[0][0].shape[2])
            for layer, (k, v) in enumerate(cache):
                self._keys[layer, :, : self._rows] = k[0, :, -keep:].float().numpy()
                self._values[layer, :, : self._rows] = v[0, :, -keep:].float().numpy()
        self._position = position

    def read(self, codes: NDArray[np.uint8]) -> Array:
        """Return what the network makes of the next row's past, shape (dim,).

        Parameters
        ----------
        codes
            From `describe_next_row`, shape (COLUMNS,).
        """
        c, w = self.config, self._w
        x: Array = self._table[self._columns, codes].sum(axis=0) + w["read.bias"]
        angle = self._position * self._rate
        cos, sin = np.cos(angle), np.sin(angle)
        self._make_room()
        at = self._rows
        for layer in range(c.layers):
            name = f"blocks.{layer}."
            y = _norm(x, w[name + "norm_attention.weight"], w[name + "norm_attention.bias"])
            q, k, v = (w[name + "qkv.weight"] @ y).reshape(3, c.heads, c.head_dim)
            self._keys[layer, :, at] = _turn(k, cos, sin)
            self._values[layer, :, at] = v
            window = c.context if (layer + 1) % c.full_every == 0 else c.window
            begin = max(0, at + 1 - window)
            keys = self._keys[layer, :, begin : at + 1]
            scores = keys @ _turn(q, cos, sin)[:, :, None] * np.float32(c.head_dim**-0.5)
            weights = np.exp(scores - scores.max(axis=1, keepdims=True))
            weights /= weights.sum(axis=1, keepdims=True)
            mixed = (weights * self._values[layer, :, begin : at + 1]).sum(axis=1).reshape(-1)
            x = x + w[name + "out.weight"] @ mixed
            y = _norm(x, w[name + "norm_mlp.weight"], w[name + "norm_mlp.bias"])
            x = x + w[name + "down.weight"] @ np.square(np.maximum(w[name + "up.weight"] @ y, 0))
        self._rows += 1
        self._position += 1
        return _norm(x, w["norm.weight"], w["norm.bias"])

    def state_logits(
        self,
        hidden: Array,
        codes: NDArray[np.uint8],
        states: NDArray[np.int64],
        voice: int,
    ) -> Array:
        """Return one voice's logits, shape (128,), given the voices before it."""
        name = f"voices.{voice}."
        z = self._linear(name + "enter", hidden)
        candidates = codes[12:PITCH_COLUMNS].reshape(CANDIDATES, VOICES).astype(np.int64)
        if voice:
            before = states[:voice]
            z = z + self._w[name + "earlier.weight"][before + np.arange(voice) * CODES].sum(axis=0)
            if self.config.copy:
                equal = candidates[:, :voice] == before
                both = np.concatenate([equal, equal & (before > 1)], axis=1).reshape(-1)
                z = z + self._w[name + "agree.weight"] @ both.astype(np.float32)
        z = np.square(np.maximum(z, 0))
        z = z + np.maximum(self._linear(name + "deepen", z), 0)
        logits: Array = self._linear(name + "to_logits", z) + self._allowed[voice]
        if self.config.copy:
            gates = self._linear(name + "to_gates", z)
            np.add.at(logits, candidates[:, voice], gates[:CANDIDATES])
        if self.config.relative and voice < 3:
            relative = self._linear(name + "to_relative", z).reshape(2, INTERVALS)
            for which, heard in enumerate(_references(codes, states, voice)):
                if heard > 2:
                    low = heard - INTERVALS // 2  # the pitch of interval 0
                    begin, end = max(3, low), min(CODES, low + INTERVALS)
                    logits[begin:end] += relative[which, begin - low : end - low]
        return logits

    def expression_logits(self, hidden: Array, state: int, voice: int) -> tuple[Array, Array]:
        """Return logits of a beginning note's volume (16,) and timbre (4,)."""
        name = f"voices.{voice}."
        z = self._linear(name + "enter_expression", hidden) + self._w[name + "own.weight"][state]
        both = self._linear(name + "to_expression", np.square(np.maximum(z, 0)))
        return both[:VOLUMES], both[VOLUMES:]

    def _linear(self, name: str, x: Array) -> Array:
        result: Array = self._w[name + ".weight"] @ x + self._w[name + ".bias"]
        return result

    def _fold_reading(self) -> Array:
        """Return what each code of each column adds to the first layer, (COLUMNS, 128, dim)."""
        w = self._w
        weight = w["read.weight"]
        pitch = w["pitch_embedding.weight"].reshape(VOICES, CODES, -1)
        small = w["small_embedding.weight"].reshape(-1, CODES, 16)
        table = np.empty((COLUMNS, CODES, weight.shape[0]), dtype=np.float32)
        wide = pitch.shape[2]
        for column in range(COLUMNS):
            if column < PITCH_COLUMNS:
                begin, rows = column * wide, pitch[column % VOICES]
            else:
                begin = PITCH_COLUMNS * wide + (column - PITCH_COLUMNS) * 16
                rows = small[column - PITCH_COLUMNS]
            table[column] = rows @ weight[:, begin : begin + rows.shape[1]].T
        if not self.config.copy:  # without recall the network sees zeros there
            table[12:PITCH_COLUMNS] = table[12:PITCH_COLUMNS, :1]
            table[PITCH_COLUMNS + 12 : -5] = table[PITCH_COLUMNS + 12 : -5, :1]
        return table

    def _make_room(self) -> None:
        """Drop the oldest keys when their array is full."""
        if self._rows == self._keys.shape[2]:
            keep = self.config.context - 1
            for kept in (self._keys, self._values):
                kept[:, :, :keep] = kept[:, :, self._rows - keep : self._rows].copy()
            self._rows = keep


def _references(codes: NDArray[np.uint8], states: NDArray[np.int64], voice: int) -> tuple[int, int]:
    own = int(codes[8 + voice])
    if voice == 0:
        return own, int(codes[6])
    return own, int(codes[4]) if states[0] == 1 else int(states[0])


def _norm(x: Array, weight: Array, bias: Array) -> Array:
    centred = x - x.mean()
    result: Array = centred / np.sqrt((centred * centred).mean() + np.float32(_EPSILON))
    return result * weight + bias


def _turn(x: Array, cos: Array, sin: Array) -> Array:
    half = len(cos)
    one, two = x[:, :half], x[:, half:]
    return np.concatenate([one * cos - two * sin, one * sin + two * cos], axis=1)


def draw(logits: Array, temperature: float, top_p: float, generator: torch.Generator) -> int:
    """Draw from the likeliest answers that make up `top_p`."""
    scaled = (logits.astype(np.float64) - logits.max()) / temperature
    probability = np.exp(scaled)
    probability /= probability.sum()
    order = np.argsort(-probability, kind="stable")
    ordered = probability[order]
    reach = np.cumsum(ordered)
    count = int(np.searchsorted(reach, top_p)) + 1 if top_p < 1.0 else len(order)
    reach = reach[:count]
    chance = float(torch.rand(1, generator=generator, dtype=torch.float64)) * reach[-1]
    return int(order[min(int(np.searchsorted(reach, chance, side="right")), count - 1)])
