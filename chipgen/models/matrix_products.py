"""Compiled products of matrices with a fixed order of sums, the same bits on every machine.

Products are added row of weights by row of weights, so that the compiler can use vectors of any
width without changing the order of additions; nothing here calls BLAS, whose sums depend on the
processor and on the number of threads. A row alone and the same row among others give the same
bits too.
"""

from typing import Any

from synth.kernels import compiled, kernel


@kernel(x="float32[:,:]", w="float32[:,:]", y="float32[:,:]")
def add_products(x: Any, w: Any, y: Any) -> None:
    """Add x @ w to y: shapes (rows, in), (in, out) and (rows, out)."""
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
        add_row(x[r], w, y[r])
        r += 1


@compiled
def add_row(x: Any, w: Any, y: Any) -> None:
    """Add x @ w to y: shapes (in,), (in, out) and (out,)."""
    n_in = len(x)
    n_out = w.shape[1]
    for j in range(0, n_in - 3, 4):
        a, b, c, d = x[j], x[j + 1], x[j + 2], x[j + 3]
        w0, w1, w2, w3 = w[j], w[j + 1], w[j + 2], w[j + 3]
        for i in range(n_out):
            y[i] = y[i] + a * w0[i] + b * w1[i] + c * w2[i] + d * w3[i]
    for j in range(n_in - n_in % 4, n_in):
        a = x[j]
        wj = w[j]
        for i in range(n_out):
            y[i] += a * wj[i]
