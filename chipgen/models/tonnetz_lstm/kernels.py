"""The sums of `tonnetz-lstm`, compiled: fixed order, one thread, the same bits on every machine.

Rows are slices, one after the other. A row read alone and the same row read among others give the
same bits. Nothing here makes an array, calls BLAS, or calls C's mathematics, which differs between
systems.
"""

import numpy as np

from chipgen.models.row_transformer.kernels import add_products
from chipgen.music.compiled import njit
from chipgen.music.tonnetz import COLUMNS

_WIDE = COLUMNS + 2  # columns of a map with the neighbours of its first and last
_HALVINGS = 12
_C2, _C3, _C4, _C5, _C6 = 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720
_LARGEST = 60.0  # beyond it, sigmoid and tanh are 0 and ±1 in float32


@njit(cache=True)
def exp(x):  # type: ignore[no-untyped-def]
    """Return e to the power of x, which is held within ±60; eleven digits are right."""
    x = min(max(x, -_LARGEST), _LARGEST) / 2.0**_HALVINGS
    power = 1.0 + x * (1.0 + x * (_C2 + x * (_C3 + x * (_C4 + x * (_C5 + x * _C6)))))
    for _ in range(_HALVINGS):
        power *= power
    return power


@njit(cache=True)
def linear_rows(x, weight, bias, y):  # type: ignore[no-untyped-def]
    """Set y to x @ weight + bias: shapes (rows, in), (in, out), (out,) and (rows, out)."""
    for row in range(y.shape[0]):
        for i in range(y.shape[1]):
            y[row, i] = bias[i]
    add_products(x, weight, y)


@njit(cache=True)
def convolve(maps, stride, weight, bias, wide, patches, y):  # type: ignore[no-untyped-def]
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


@njit(cache=True)
def rectify(x):  # type: ignore[no-untyped-def]
    """Set what is below 0 to 0, in place."""
    for row in range(x.shape[0]):
        for i in range(x.shape[1]):
            x[row, i] = max(x[row, i], np.float32(0))


@njit(cache=True)
def encode_rows(maps, weight1, bias1, weight2, bias2, wide1, patches1, hidden, wide2, patches2, y):  # type: ignore[no-untyped-def]
    """Set y to what the encoder's convolutions make of maps, row by row.

    Shapes: maps (rows, 1, 24 · 12), y (rows, maps, 6 · 12); `wide1` to `patches2` are overwritten.
    """
    for row in range(y.shape[0]):
        convolve(maps[row], 2, weight1, bias1, wide1, patches1, hidden)
        rectify(hidden)
        convolve(hidden, 2, weight2, bias2, wide2, patches2, y[row])
        rectify(y[row])


@njit(cache=True)
def decode_rows(maps, weight2, bias2, weight1, bias1, wide2, patches2, hidden, wide1, patches1, y):  # type: ignore[no-untyped-def]
    """Set y to what the decoder's convolutions make of maps, row by row.

    Shapes: maps (rows, maps, 6 · 12), rectified in place, and y (rows, 4, 6 · 12), whose maps are
    the rows of the lattice in turn; `wide2` to `patches1` are overwritten.
    """
    for row in range(y.shape[0]):
        rectify(maps[row])
        convolve(maps[row], 1, weight2, bias2, wide2, patches2, hidden)
        rectify(hidden)
        convolve(hidden, 1, weight1, bias1, wide1, patches1, y[row])


@njit(cache=True)
def lstm_rows(gates, weight, hidden, cell, y):  # type: ignore[no-untyped-def]
    """Run a layer of the LSTM over rows.

    Shapes: gates (rows, 4 · size), which hold the sums of the layer's inputs and biases and are
    overwritten, in torch's order; weight (size, 4 · size); hidden and cell (1, size), which are
    left as they are after the last row; y (rows, size).
    """
    size = y.shape[1]
    for row in range(y.shape[0]):
        add_products(hidden, weight, gates[row : row + 1])
        for i in range(2 * size, 3 * size):  # tanh(x) is 2 sigmoid(2 x) − 1
            gates[row, i] *= 2
        for i in range(4 * size):
            gates[row, i] = 1.0 / (1.0 + exp(-np.float64(gates[row, i])))
        for i in range(size):
            new = 2 * gates[row, 2 * size + i] - 1
            cell[0, i] = gates[row, size + i] * cell[0, i] + gates[row, i] * new
        for i in range(size):
            shown = 2.0 / (1.0 + exp(-2.0 * np.float64(cell[0, i]))) - 1.0
            hidden[0, i] = gates[row, 3 * size + i] * shown
            y[row, i] = hidden[0, i]


@njit(cache=True)
def recall_rows(queries, keys, followed, before, reach, no_echo, scores, echoes):  # type: ignore[no-untyped-def]
    """Set echoes to the weighted averages of what followed moments like each row.

    Parameters
    ----------
    queries
        Shape (rows, ways · key).
    keys
        Of all moments, shape (ways · key, room).
    followed
        The slice after each moment, shape (room, 88).
    before
        How many moments came before the first row.
    reach
        So many moments before a row are looked at, at most.
    no_echo
        Of each way, the score of there being none.
    scores
        Overwritten, shape (room,).
    echoes
        Shape (rows, ways · 89): of each way the 88 averages, then of each the sum of the weights.
    """
    ways = len(no_echo)
    key, pitches = keys.shape[0] // ways, followed.shape[1]
    scale = np.float32(1.0 / key**0.5)
    for row in range(queries.shape[0]):
        end = before + row
        begin = max(0, end - reach)
        for way in range(ways):
            for moment in range(begin, end):
                scores[moment] = 0
            for i in range(way * key, (way + 1) * key):
                asked = queries[row, i] * scale
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


@njit(cache=True)
def skip_rows(heads, heard, first, window, echoes, ways, y):  # type: ignore[no-untyped-def]
    """Add to y, shape (rows, 88), what is heard again: held, from the window, and from echoes.

    Parameters
    ----------
    heads
        Shape (rows, 88 + window + ways · 88): how strongly each is asked for.
    heard
        All slices, shape (room, 88).
    first
        Where the first row's own slice is among them; `window` − 1 lie before it.
    echoes
        From `recall_rows`.
    """
    pitches = y.shape[1]
    for row in range(y.shape[0]):
        now = first + row
        for pitch in range(pitches):
            y[row, pitch] += heads[row, pitch] * heard[now, pitch]
        for back in range(window):
            asked = heads[row, pitches + back]
            for pitch in range(pitches):
                y[row, pitch] += asked * heard[now - window + 1 + back, pitch]
        for way in range(ways):
            for pitch in range(pitches):
                asked = heads[row, pitches + window + way * pitches + pitch]
                y[row, pitch] += asked * echoes[row, way * pitches + pitch]


@njit(cache=True)
def sigmoids(logits, shift, chances):  # type: ignore[no-untyped-def]
    """Set chances to the probabilities of shifted logits, both float64, and return their sum."""
    total = 0.0
    for i in range(len(logits)):
        chances[i] = 1.0 / (1.0 + exp(-(logits[i] + shift)))
        total += chances[i]
    return total
