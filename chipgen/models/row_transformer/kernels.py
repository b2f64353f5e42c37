"""The row transformer's sums, compiled: fixed order, one thread, the same bits on every machine.

Products are added row of weights by row of weights, so that the compiler can use vectors of any
width without changing the order of additions; nothing here calls BLAS, whose sums depend on the
processor and on the number of threads. A row read alone and the same row read among others give
the same bits too.
"""

import math

import numpy as np

from chipgen.music.compiled import njit


@njit(cache=True)
def add_products(x, w, y):  # type: ignore[no-untyped-def]
    """Add x @ w to y: shapes (rows, in), (in, out) and (rows, out), float32."""
    rows, n_in = x.shape
    n_out = w.shape[1]
    r = 0
    while r + 4 <= rows:
        y0, y1, y2, y3 = y[r], y[r + 1], y[r + 2], y[r + 3]
        x0, x1, x2, x3 = x[r], x[r + 1], x[r + 2], x[r + 3]
        for j in range(0, n_in - 3, 4):
            w0, w1, w2, w3 = w[j], w[j + 1], w[j + 2], w[j + 3]
            for i in range(n_out):
                a, b, c, d = w0[i], w1[i], w2[i], w3[i]
                y0[i] = y0[i] + x0[j] * a + x0[j + 1] * b + x0[j + 2] * c + x0[j + 3] * d
                y1[i] = y1[i] + x1[j] * a + x1[j + 1] * b + x1[j + 2] * c + x1[j + 3] * d
                y2[i] = y2[i] + x2[j] * a + x2[j + 1] * b + x2[j + 2] * c + x2[j + 3] * d
                y3[i] = y3[i] + x3[j] * a + x3[j + 1] * b + x3[j + 2] * c + x3[j + 3] * d
        for j in range(n_in - n_in % 4, n_in):
            wj = w[j]
            for k in range(4):
                yk = y[r + k]
                a = x[r + k, j]
                for i in range(n_out):
                    yk[i] += a * wj[i]
        r += 4
    while r < rows:
        xr, yr = x[r], y[r]
        for j in range(0, n_in - 3, 4):
            a, b, c, d = xr[j], xr[j + 1], xr[j + 2], xr[j + 3]
            w0, w1, w2, w3 = w[j], w[j + 1], w[j + 2], w[j + 3]
            for i in range(n_out):
                yr[i] = yr[i] + a * w0[i] + b * w1[i] + c * w2[i] + d * w3[i]
        for j in range(n_in - n_in % 4, n_in):
            a = xr[j]
            wj = w[j]
            for i in range(n_out):
                yr[i] += a * wj[i]
        r += 1


@njit(cache=True)
def normalise(x, weight, bias):  # type: ignore[no-untyped-def]
    """Return torch's LayerNorm of each row."""
    rows, dim = x.shape
    y = np.empty_like(x)
    for r in range(rows):
        mean = 0.0
        for i in range(dim):
            mean += x[r, i]
        mean /= dim
        spread = 0.0
        for i in range(dim):
            spread += (x[r, i] - mean) ** 2
        scale = 1.0 / math.sqrt(spread / dim + 1e-5)
        for i in range(dim):
            y[r, i] = np.float32((x[r, i] - mean) * scale) * weight[i] + bias[i]
    return y


@njit(cache=True)
def read_rows(x, position, held, keys, values, qkv, out, up, down, norms, last, window, full_every):  # type: ignore[no-untyped-def]
    """Return what the network makes of rows, and append their keys and values.

    Shapes: x (rows, dim); keys (layers, heads, head_dim, room) and values (layers, heads, room,
    head_dim), of which the first `held` rows are filled; weights (layers, in, out); norms
    (layers, 4, dim); last (2, dim). `window` is (narrow, whole).
    """
    rows = len(x)
    layers, heads, head_dim = keys.shape[0], keys.shape[1], keys.shape[2]
    half = head_dim // 2
    inner = heads * head_dim
    scale = np.float32(head_dim**-0.5)
    cos = np.empty((rows, half), dtype=np.float32)
    sin = np.empty((rows, half), dtype=np.float32)
    for r in range(rows):
        for i in range(half):
            angle = (position + r) * 2048.0 ** (-i / half)
            cos[r, i] = math.cos(angle)
            sin[r, i] = math.sin(angle)
    x = x.copy()
    query = np.empty(head_dim, dtype=np.float32)
    for layer in range(layers):
        y = normalise(x, norms[layer, 0], norms[layer, 1])
        three = np.zeros((rows, 3 * inner), dtype=np.float32)
        add_products(y, qkv[layer], three)
        for r in range(rows):
            for h in range(heads):
                k = three[r, inner + h * head_dim : inner + (h + 1) * head_dim]
                for i in range(half):
                    one, two = k[i], k[half + i]
                    keys[layer, h, i, held + r] = one * cos[r, i] - two * sin[r, i]
                    keys[layer, h, half + i, held + r] = one * sin[r, i] + two * cos[r, i]
                first = 2 * inner + h * head_dim
                values[layer, h, held + r] = three[r, first : first + head_dim]
        mixed = np.zeros((rows, inner), dtype=np.float32)
        reach = window[1] if (layer + 1) % full_every == 0 else window[0]
        for r in range(rows):
            end = held + r + 1
            begin = max(0, end - reach)
            scores = np.empty(end - begin, dtype=np.float32)
            for h in range(heads):
                q = three[r, h * head_dim : (h + 1) * head_dim]
                for i in range(half):
                    one, two = q[i], q[half + i]
                    query[i] = (one * cos[r, i] - two * sin[r, i]) * scale
                    query[half + i] = (one * sin[r, i] + two * cos[r, i]) * scale
                scores[:] = 0
                for i in range(head_dim):
                    asked = query[i]
                    seen = keys[layer, h, i, begin:end]
                    for at in range(end - begin):
                        scores[at] += asked * seen[at]
                most = scores.max()
                total = np.float32(0.0)
                for at in range(end - begin):
                    scores[at] = math.exp(scores[at] - most)
                    total += scores[at]
                into = mixed[r, h * head_dim : (h + 1) * head_dim]
                for at in range(end - begin):
                    share = scores[at] / total
                    value = values[layer, h, begin + at]
                    for i in range(head_dim):
                        into[i] += share * value[i]
        add_products(mixed, out[layer], x)
        y = normalise(x, norms[layer, 2], norms[layer, 3])
        wide = np.zeros((rows, up.shape[2]), dtype=np.float32)
        add_products(y, up[layer], wide)
        square(wide)
        add_products(wide, down[layer], x)
    return normalise(x, last[0], last[1])


@njit(cache=True)
def square(x):  # type: ignore[no-untyped-def]
    """Square what is above 0, and set the rest to 0, in place."""
    for r in range(x.shape[0]):
        for i in range(x.shape[1]):
            a = max(np.float32(0.0), x[r, i])
            x[r, i] = a * a


@njit(cache=True)
def draw_one(logits, temperature, top_p, min_p, chance):  # type: ignore[no-untyped-def]
    """Return an index drawn from the likeliest ones; `chance` is uniform in [0, 1)."""
    most = logits.max()
    shares = np.empty(len(logits), dtype=np.float64)
    for i in range(len(logits)):
        shares[i] = math.exp((np.float64(logits[i]) - most) / temperature)
    total = 0.0
    for i in range(len(logits)):
        total += shares[i]
    order = np.argsort(-shares, kind="mergesort")
    reach, count = 0.0, 0
    while count < len(order):
        share = shares[order[count]]
        if count and (reach >= top_p * total or share < min_p * shares[order[0]]):
            break
        reach += share
        count += 1
    left = chance * reach
    for place in range(count):
        left -= shares[order[place]]
        if left < 0:
            return order[place]
    return order[count - 1]
