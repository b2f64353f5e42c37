"""The linear counter of the triangle: silences it after a number of quarter frames.

References
----------
NESdev wiki: "APU Triangle".
"""

from typing import Any, Final

import numpy as np

from synth.kernels import compiled

LINEAR: Final = np.dtype(
    [("control", np.int64), ("period", np.int64), ("reload", np.int64), ("count", np.int64)]
)


@compiled
def write_linear(linear: Any, value: int) -> None:
    """Take CRRR RRRR of $4008: control flag and reload value."""
    linear.control = value >> 7
    linear.period = value & 0x7F


@compiled
def clock_linear(linear: Any) -> None:
    """Count one quarter frame; the control flag keeps the counter reloading."""
    if linear.reload:
        linear.count = linear.period
    elif linear.count > 0:
        linear.count -= 1
    if not linear.control:
        linear.reload = 0
