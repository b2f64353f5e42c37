"""The sweep unit of the pulses: moves the timer, and mutes what it would move out of range.

References
----------
NESdev wiki: "APU Sweep".
"""

from typing import Any, Final

import numpy as np

from synth.kernels import compiled

SWEEP: Final = np.dtype(
    [("enabled", np.int64), ("period", np.int64), ("negate", np.int64), ("shift", np.int64),
     ("reload", np.int64), ("divider", np.int64), ("ones_complement", np.int64)]
)  # fmt: skip
MIN_PULSE_TIMER: Final = 8  # below it the sweep unit keeps a pulse silent
MAX_PULSE_TIMER: Final = 0x7FF


@compiled
def write_sweep(sweep: Any, value: int) -> None:
    """Take EPPP NSSS of $4001 or $4005."""
    sweep.enabled = value >> 7
    sweep.period = (value >> 4) & 7
    sweep.negate = (value >> 3) & 1
    sweep.shift = value & 7
    sweep.reload = 1


@compiled
def sweep_target(sweep: Any, timer: int) -> int:
    """Timer the sweep unit works towards; pulse 1 subtracts in ones' complement, one further."""
    change = timer >> sweep.shift
    if not sweep.negate:
        return int(timer + change)
    return int(max(timer - change - sweep.ones_complement, 0))


@compiled
def sweep_mutes(sweep: Any, timer: int) -> bool:
    """Whether the sweep unit silences the pulse, which it does even when it is disabled."""
    return bool(timer < MIN_PULSE_TIMER or sweep_target(sweep, timer) > MAX_PULSE_TIMER)


@compiled
def clock_sweep(sweep: Any, timer: int) -> int:
    """Count one half frame and return the timer, swept if it is time."""
    if sweep.divider == 0 and sweep.enabled and sweep.shift > 0 and not sweep_mutes(sweep, timer):
        timer = sweep_target(sweep, timer)
    if sweep.divider == 0 or sweep.reload:
        sweep.divider = sweep.period
        sweep.reload = 0
    else:
        sweep.divider -= 1
    return timer
