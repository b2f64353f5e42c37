"""The two innermost loops of the chip, over vectors of eight numbers, in plain Python.

`vector_loops_llvm` has the same loops as LLVM vector code; numba would compile them to scalar code.
Each element is strict IEEE 754 in the order written here, so samples do not depend on a machine's
vectors.
"""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.kernels import compiled_by

VECTOR_LENGTH: Final = 8  # numbers in a vector, and frames in a group
STATES: Final = 4  # a filter's states, half a vector
TAPS: Final = 32  # of a band-limited step, whole vectors
ROW: Final = VECTOR_LENGTH + TAPS  # of the table of steps: zeros, then the taps

# The coefficients that `filter_groups` takes, matrix after matrix, V being VECTOR_LENGTH:
RESPONSE: Final = 0  # what each frame of a group adds to all: V rows of V
DECAY: Final = VECTOR_LENGTH**2  # what each state adds to all frames: STATES rows of V
INTAKE: Final = DECAY + STATES * VECTOR_LENGTH  # what each frame adds to states: V rows of STATES
KEEP: Final = INTAKE + VECTOR_LENGTH * STATES  # what stays of the states, and what is added to each
COEFFICIENTS: Final = KEEP + 2 * STATES

Vector = NDArray[np.float64]


def aligned_empty(shape: tuple[int, ...], dtype: type) -> NDArray[Any]:
    """Make an array that begins where a line of the cache does, so no vector lies in two."""
    line = 64
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    room = np.empty(n_bytes + line, dtype=np.uint8)
    start = -room.ctypes.data % line
    return room[start : start + n_bytes].view(dtype).reshape(shape)


@compiled_by("synth.chip.vector_loops_llvm")
def add_rows(
    target: Vector, starts: NDArray[np.int32], rows: NDArray[np.float32],
    row_starts: NDArray[np.int32], early: Vector, late: Vector, count: int,
) -> None:  # fmt: skip
    """Add to `target`, step after step, a row of taps and the next one, each times a height.

    Zeros are before and after a row's taps, so that whole vectors of `target` change, which begin
    at multiples of VECTOR_LENGTH: what one step has stored is loaded by the next as it was stored,
    which is fast. All products and sums must be exact: they may be fused.

    Parameters
    ----------
    target
        float64.
    starts
        Where in `target` each step begins to change it, multiples of VECTOR_LENGTH, int32.
    rows
        Table of steps, float32, of ROW columns.
    row_starts
        Where in the flattened table each step begins to read it, int32.
    early, late
        What the row and the next one are multiplied by, float64.
    count
        Steps.
    """
    table = rows.reshape(-1)
    for step in range(count):
        first = row_starts[step]
        taps, next_taps = table[first : first + ROW], table[first + ROW : first + 2 * ROW]
        target[starts[step] : starts[step] + ROW] += early[step] * taps + late[step] * next_taps


@compiled_by("synth.chip.vector_loops_llvm")
def filter_groups(
    source: Vector, groups: int, table: Vector, states: Vector, rounding: float,
    out: NDArray[np.float32],
) -> None:  # fmt: skip
    """Filter groups of VECTOR_LENGTH frames of `source` into `out`, and bring `states` forward.

    Parameters
    ----------
    source
        float64, contiguous.
    groups
        How many.
    table
        float64, shape (COEFFICIENTS,): rows as named above.
    states
        float64, shape (STATES,).
    rounding
        What is added and taken away again before samples become float32.
    out
        float32, contiguous.
    """
    response = table[RESPONSE:DECAY].reshape(VECTOR_LENGTH, VECTOR_LENGTH)
    decay = table[DECAY:INTAKE].reshape(STATES, VECTOR_LENGTH)[: STATES - 1]
    intake = table[INTAKE:KEEP].reshape(VECTOR_LENGTH, STATES)
    keep, floor = table[KEEP:].reshape(2, STATES)
    for group in range(groups):
        frames = source[group * VECTOR_LENGTH : (group + 1) * VECTOR_LENGTH, None]
        heard = _sum([*(frames * response), *(states[: STATES - 1, None] * decay)])
        out[group * VECTOR_LENGTH : (group + 1) * VECTOR_LENGTH] = (heard + rounding) - rounding
        states[:] = states * keep + (_sum([*(frames * intake)]) + floor)


def _sum(terms: list[Vector]) -> Vector:
    """Add vectors up in pairs, and pairs of pairs: a fixed order, and a short wait."""
    while len(terms) > 1:
        pairs = [terms[at] + terms[at + 1] for at in range(0, len(terms) - 1, 2)]
        terms = pairs + terms[2 * len(pairs) :]
    return terms[0]
