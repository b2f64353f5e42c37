"""The length counter: silences a channel after a number of half frames.

References
----------
NESdev wiki: "APU Length Counter". Shay Green's tests of the APU of 2005, "Length Halt"
and "Length Reload", for writes in the cycle before a clock.
"""

from typing import Any, Final

import numpy as np

from synth.chip.hardware import LENGTH_TABLE
from synth.kernels import compiled

LENGTH: Final = np.dtype(
    [("enabled", np.int64), ("halt", np.int64), ("count", np.int64), ("halt_cycle", np.int64),
     ("halt_before", np.int64), ("load_cycle", np.int64), ("count_before", np.int64)]
)  # fmt: skip

_LENGTHS: Final = np.array(LENGTH_TABLE, dtype=np.int64)


@compiled
def load_length(length: Any, value: int, cycle: int) -> None:
    """Take LLLL L--- of the length registers; a channel that $4015 disables ignores it."""
    if length.enabled:
        if length.load_cycle != cycle:
            length.count_before = length.count
            length.load_cycle = cycle
        length.count = _LENGTHS[value >> 3]


@compiled
def halt_length(length: Any, halt: int, cycle: int) -> None:
    """Take the halt flag."""
    if length.halt_cycle != cycle:
        length.halt_before = length.halt
        length.halt_cycle = cycle
    length.halt = halt


@compiled
def enable_length(length: Any, enabled: int) -> None:
    """Take a channel's bit of $4015; disabling empties the counter at once."""
    length.enabled = enabled
    if not enabled:
        length.count = 0


@compiled
def clock_length(length: Any, cycle: int) -> None:
    """Count one half frame down to silence, unless halted.

    A write in the cycle before is too late: the old halt flag counts, and a load
    is lost if there was something to count, else it is not counted down.
    """
    count = length.count
    if length.load_cycle == cycle - 1 and count > 0:
        count = length.count_before
        if count == 0:
            return
    halt = length.halt_before if length.halt_cycle == cycle - 1 else length.halt
    if count > 0 and not halt:
        count -= 1
    length.count = count
