"""The triangle channel: the steps of its 32-step ramp.

References
----------
NESdev wiki: "APU Triangle".
"""

from typing import Any, Final

import numpy as np

from synth.chip.hardware import TRIANGLE_SEQUENCE
from synth.chip.length_counter import LENGTH, clock_length, halt_length, load_length
from synth.chip.linear_counter import LINEAR, clock_linear, write_linear
from synth.kernels import compiled

TRIANGLE: Final = np.dtype(
    [("position", np.int64), ("timer", np.int64), ("next_cycle", np.int64), ("level", np.int64),
     ("level_shift", np.int64), ("hold_ultrasonic", np.int64), ("moving", np.int64),
     ("length", LENGTH), ("linear", LINEAR)]
)  # fmt: skip

FIRST_AUDIBLE_TIMER: Final = 2  # timers 0 and 1 run at 56 and 28 kHz

_SEQUENCE: Final = np.array(TRIANGLE_SEQUENCE, dtype=np.int64)


@compiled
def write_triangle(triangle: Any, register: int, value: int, cycle: int) -> None:
    """Take a write to register 0-3 of the channel ($4008-$400B)."""
    if register == 0:
        halt_length(triangle.length, value >> 7, cycle)
        write_linear(triangle.linear, value)
    elif register == 2:
        triangle.timer = (triangle.timer & 0x700) | value
    elif register == 3:
        triangle.timer = (triangle.timer & 0x0FF) | ((value & 7) << 8)
        load_length(triangle.length, value, cycle)
        triangle.linear.reload = 1


@compiled
def clock_triangle(triangle: Any, half_frame: bool, cycle: int) -> None:
    """Take the frame sequencer's clock on all counters."""
    clock_linear(triangle.linear)
    if half_frame:
        clock_length(triangle.length, cycle)


@compiled
def triangle_moves(triangle: Any) -> int:
    """Whether the counters now let the sequencer step."""
    if triangle.hold_ultrasonic and triangle.timer < FIRST_AUDIBLE_TIMER:
        return 0
    return 1 if triangle.length.count > 0 and triangle.linear.count > 0 else 0


@compiled
def run_triangle(
    triangle: Any, row: int, until: int, cycles: Any, levels: Any, counts: Any
) -> None:
    """Run the timer up to `until` and add the steps to the row of the buffers."""
    next_cycle = triangle.next_cycle
    if next_cycle >= until:
        return
    step_cycles = triangle.timer + 1
    if not triangle.moving:
        steps = (until - 1 - next_cycle) // step_cycles + 1
        triangle.next_cycle = next_cycle + steps * step_cycles
        return
    position = triangle.position
    shift = triangle.level_shift
    level = triangle.level
    count = np.uint64(counts[row])
    while next_cycle < until:
        position = (position + 1) & 31
        previous = level
        level = _SEQUENCE[position] << shift
        cycles[row, count] = next_cycle
        levels[row, count] = level
        count += np.uint64(level != previous)  # the ends of the ramp sound twice
        next_cycle += step_cycles
    counts[row] = count
    triangle.level = level
    triangle.position = position
    triangle.next_cycle = next_cycle
