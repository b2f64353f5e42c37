"""Compiled arithmetic of `tonnetz-lstm`, the same bits on every machine.

Rows are slices, one after the other; of arrays that have room for more, the first `rows` are meant.
A row read alone and the same row read among others give the same bits.
"""

from typing import Any, Final

import numpy as np

from chipgen.models.matrix_products import add_products
from chipgen.music.tonnetz import COLUMNS
from synth.kernels import compiled, kernel

_WIDE: Final = COLUMNS + 2  # columns of a map with the neighbours of its first and last
_WIDEST_SHIFT: Final = 20.0
_HALVINGS: Final = 40

_LARGEST: Final = 60.0  # beyond, sigmoid and tanh are 0 or ±1 in float32
_SQUARINGS: Final = 12
_C2, _C3, _C4, _C5, _C6 = 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720


@compiled
def exp(x: float) -> float:
    """Return e to the power of x, which is held within ±60; eleven digits are right.

    Without branches several are computed at once: ten times as fast as `elementary.exp` in a loop.
    """
    x = min(max(x, -_LARGEST), _LARGEST) / 2.0**_SQUARINGS
    power = 1.0 + x * (1.0 + x * (_C2 + x * (_C3 + x * (_C4 + x * (_C5 + x * _C6)))))
    for _ in range(_SQUARINGS):
        power *= power
    return power


@kernel(x="float32[:,:]", weight="float32[:,:]", bias="float32[:]", y="float32[:,:]")
def linear_rows(x: Any, weight: Any, bias: Any, y: Any, rows: int) -> None:
    """Set y to x @ weight + bias: shapes (rows, in), (in, out), (out,) and (rows, out)."""
    for row in range(rows):
        for i in range(y.shape[1]):
            y[row, i] = bias[i]
    add_products(x[:rows], weight, y[:rows])


@compiled
def _convolve(
    maps: Any, stride: int, weight: Any, bias: Any, wide: Any, patches: Any, y: Any
) -> None:
    """Convolve with 3×3 cells: columns go round, beyond the first and last row lies silence.

    Parameters
    ----------
    maps
        Shape (maps, rows · 12).
    stride
        Rows from one patch to the next.
    weight, bias
        Shapes (new maps, maps · 9) and (new maps,).
    wide
        Shape (maps, (rows + 2) · 14); all but the first and last 14 columns are overwritten.
    patches
        Shape (maps · 9, new rows · 12), overwritten.
    y
        Set to the result, shape (new maps, new rows · 12).
    """
    for source in range(maps.shape[0]):
        for row in range(maps.shape[1] // COLUMNS):
            first, into = row * COLUMNS, (row + 1) * _WIDE
            wide[source, into] = maps[source, first + COLUMNS - 1]
            for column in range(COLUMNS):
                wide[source, into + 1 + column] = maps[source, first + column]
            wide[source, into + _WIDE - 1] = maps[source, first]
    for patch in range(patches.shape[0]):
        source, corner = patch // 9, patch // 3 % 3 * _WIDE + patch % 3
        for row in range(y.shape[1] // COLUMNS):
            first, into = row * stride * _WIDE + corner, row * COLUMNS
            for column in range(COLUMNS):
                patches[patch, into + column] = wide[source, first + column]
    for new in range(y.shape[0]):
        for cell in range(y.shape[1]):
            y[new, cell] = bias[new]
    add_products(weight, patches, y)


@compiled
def _rectify(x: Any) -> None:
    """Set what is below 0 to 0, in place."""
    for row in range(x.shape[0]):
        for i in range(x.shape[1]):
            x[row, i] = max(x[row, i], np.float32(0))


@kernel(
    maps="float32[:,:,:]", weight1="float32[:,:]", bias1="float32[:]", weight2="float32[:,:]",
    bias2="float32[:]", wide1="float32[:,:]", patches1="float32[:,:]", hidden="float32[:,:]",
    wide2="float32[:,:]", patches2="float32[:,:]", y="float32[:,:,:]",
)  # fmt: skip
def encode_rows(
    maps: Any, weight1: Any, bias1: Any, weight2: Any, bias2: Any, wide1: Any, patches1: Any,
    hidden: Any, wide2: Any, patches2: Any, y: Any, rows: int,
) -> None:  # fmt: skip
    """Set y to what the encoder's convolutions make of maps, row by row.

    Shapes: maps (rows, 1, 24 · 12), y (rows, maps, 6 · 12). Scratch: `wide1` to `patches2`.
    """
    for row in range(rows):
        _convolve(maps[row], 2, weight1, bias1, wide1, patches1, hidden)
        _rectify(hidden)
        _convolve(hidden, 2, weight2, bias2, wide2, patches2, y[row])
        _rectify(y[row])


@kernel(
    maps="float32[:,:,:]", weight1="float32[:,:]", bias1="float32[:]", weight2="float32[:,:]",
    bias2="float32[:]", wide1="float32[:,:]", patches1="float32[:,:]", hidden="float32[:,:]",
    wide2="float32[:,:]", patches2="float32[:,:]", y="float32[:,:,:]",
)  # fmt: skip
def decode_rows(
    maps: Any, weight1: Any, bias1: Any, weight2: Any, bias2: Any, wide1: Any, patches1: Any,
    hidden: Any, wide2: Any, patches2: Any, y: Any, rows: int,
) -> None:  # fmt: skip
    """Set y to what the decoder's convolutions make of maps, row by row.

    Shapes: maps (rows, maps, 6 · 12), rectified in place, and y (rows, 4, 6 · 12), whose maps are
    the rows of the lattice in turn. Scratch: `wide1` to `patches2`.
    """
    for row in range(rows):
        _rectify(maps[row])
        _convolve(maps[row], 1, weight1, bias1, wide1, patches1, hidden)
        _rectify(hidden)
        _convolve(hidden, 1, weight2, bias2, wide2, patches2, y[row])


@kernel(
    gates="float32[:,:]", weight="float32[:,:]", hidden="float32[:,:]", cell="float32[:,:]",
    y="float32[:,:]",
)  # fmt: skip
def lstm_rows(gates: Any, weight: Any, hidden: Any, cell: Any, y: Any, rows: int) -> None:
    """Run a layer of the LSTM over rows.

    Shapes: gates (rows, 4 · size), which hold the sums of the layer's inputs and biases and are
    overwritten, in torch's order; weight (size, 4 · size); hidden and cell (1, size), which are
    left as they are after the last row; y (rows, size).
    """
    size = y.shape[1]
    for row in range(rows):
        add_products(hidden, weight, gates[row : row + 1])
        for i in range(2 * size, 3 * size):  # tanh(x) is 2 sigmoid(2 x) − 1
            gates[row, i] *= np.float32(2)
        for i in range(4 * size):
            gates[row, i] = 1.0 / (1.0 + exp(-np.float64(gates[row, i])))
        for i in range(size):
            new = np.float32(2) * gates[row, 2 * size + i] - np.float32(1)
            cell[0, i] = gates[row, size + i] * cell[0, i] + gates[row, i] * new
        for i in range(size):
            shown = 2.0 / (1.0 + exp(-2.0 * np.float64(cell[0, i]))) - 1.0
            hidden[0, i] = gates[row, 3 * size + i] * shown
            y[row, i] = hidden[0, i]


@kernel(
    found="float32[:,:]", no_echo="float32[:]", echoes="float32[:,:]", keys="float32[:,:]",
    followed="float32[:,:]", scores="float32[:]",
)  # fmt: skip
def echo_rows(
    found: Any, scale: float, no_echo: Any, echoes: Any, keys: Any, followed: Any, scores: Any,
    before: int, reach: int, rows: int,
) -> None:  # fmt: skip
    """Keep rows' keys, and set echoes to averages of what followed moments like each row.

    Parameters
    ----------
    found
        Queries and then keys, shape (rows, 2 · ways · key).
    scale
        Times the products of queries and keys.
    no_echo
        Of each way, the score of there being none.
    echoes
        Shape (rows, ways · 89): of each way the 88 averages, then of each the sum of the weights.
    keys
        Of all moments, shape (ways · key, room).
    followed
        The slice after each moment, shape (room, 88).
    scores
        Scratch, shape (room,).
    before
        How many moments came before the first row.
    reach
        Number of moments before a row that are compared, at most.
    """
    ways = len(no_echo)
    key, pitches = keys.shape[0] // ways, followed.shape[1]
    for row in range(rows):
        end = before + row
        for i in range(ways * key):
            keys[i, end] = found[row, ways * key + i]
        begin = max(0, end - reach)
        for way in range(ways):
            for moment in range(begin, end):
                scores[moment] = 0
            for i in range(way * key, (way + 1) * key):
                asked = np.float32(found[row, i] * scale)
                for moment in range(begin, end):
                    scores[moment] += asked * keys[i, moment]
            most = no_echo[way]
            for moment in range(begin, end):
                most = max(most, scores[moment])
            total = exp(np.float64(no_echo[way] - most))
            for moment in range(begin, end):
                scores[moment] = exp(np.float64(scores[moment] - most))
            for moment in range(begin, end):
                total += scores[moment]
            first = way * pitches
            for pitch in range(pitches):
                echoes[row, first + pitch] = 0
            trust = np.float32(0)
            for moment in range(begin, end):
                share = np.float32(scores[moment] / total)
                trust += share
                for pitch in range(pitches):
                    echoes[row, first + pitch] += share * followed[moment, pitch]
            echoes[row, ways * pitches + way] = trust


@kernel(heads="float32[:,:]", heard="float32[:,:]", echoes="float32[:,:]", y="float32[:,:]")
def skip_rows(
    heads: Any, window: int, echoes: Any, ways: int, y: Any, heard: Any, first: int, rows: int
) -> None:
    """Add to y, shape (rows, 88), a bias and what is heard again: held, of the window, in echoes.

    Parameters
    ----------
    heads
        The bias, and how strongly each of the others is asked for: shape (rows, 88 + 88 + window +
        ways · 88).
    echoes
        From `echo_rows`.
    heard
        All slices, shape (room, 88).
    first
        Where the first row's own slice is among them; `window` − 1 lie before it.
    """
    pitches = y.shape[1]
    for row in range(rows):
        now = first + row
        for pitch in range(pitches):
            y[row, pitch] += heads[row, pitch]
            y[row, pitch] += heads[row, pitches + pitch] * heard[now, pitch]
        for back in range(window):
            asked = heads[row, 2 * pitches + back]
            for pitch in range(pitches):
                y[row, pitch] += asked * heard[now - window + 1 + back, pitch]
        for way in range(ways):
            for pitch in range(pitches):
                asked = heads[row, (2 + way) * pitches + window + pitch]
                y[row, pitch] += asked * echoes[row, way * pitches + pitch]


@kernel(logits="float64[:]", chances="float64[:]")
def balanced_chances(logits: Any, least: float, most: float, chances: Any) -> float:
    """Set chances to the probabilities of logits, and return what these were shifted by.

    They are shifted so that `least` to `most` are expected, if they can be.
    """
    expected = _set_chances(logits, 0.0, chances)
    wished = min(max(expected, least), most)
    if wished == expected:
        return 0.0
    low, high = -_WIDEST_SHIFT, _WIDEST_SHIFT
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _set_chances(logits, middle, chances) < wished:
            low = middle
        else:
            high = middle
    shift = (low + high) / 2
    _set_chances(logits, shift, chances)
    return shift


@compiled
def _set_chances(logits: Any, shift: float, chances: Any) -> float:
    """Set chances to the probabilities of shifted logits, and return their sum."""
    total = 0.0
    for i in range(len(logits)):
        chances[i] = 1.0 / (1.0 + exp(-(logits[i] + shift)))
        total += chances[i]
    return total
