"""A pulse channel: edges at exact CPU cycles.

References
----------
NESdev wiki: "APU Pulse".
"""

from typing import Any, Final

import numpy as np

from synth.chip.envelope import ENVELOPE, clock_envelope, envelope_volume, write_envelope
from synth.chip.hardware import DUTY_SEQUENCES
from synth.chip.length_counter import LENGTH, clock_length, halt_length, load_length
from synth.chip.sweep import SWEEP, clock_sweep, sweep_mutes, write_sweep
from synth.kernels import compiled

PULSE: Final = np.dtype(
    [("duty", np.int64), ("position", np.int64), ("timer", np.int64), ("next_cycle", np.int64),
     ("volume", np.int64), ("level", np.int64), ("level_shift", np.int64),
     ("click_free", np.int64), ("envelope", ENVELOPE), ("length", LENGTH), ("sweep", SWEEP)]
)  # fmt: skip

_DUTIES: Final = np.array(DUTY_SEQUENCES, dtype=np.int64)
_DUTY_STEPS: Final = 8
# Sequencer steps from each position to the next one with another output.
_STEPS_TO_EDGE: Final = np.array(
    [
        [next(k for k in range(1, 8) if duty[(p + k) % 8] != duty[p]) for p in range(8)]
        for duty in DUTY_SEQUENCES
    ],
    dtype=np.int64,
)


@compiled
def write_pulse(pulse: Any, register: int, value: int, cycle: int) -> None:
    """Take a write to the channel's register 0-3 ($4000-$4003 or $4004-$4007)."""
    if register == 0:
        pulse.duty = value >> 6
        halt_length(pulse.length, (value >> 5) & 1, cycle)
        write_envelope(pulse.envelope, value)
    elif register == 1:
        write_sweep(pulse.sweep, value)
    elif register == 2:
        pulse.timer = (pulse.timer & 0x700) | value
    else:
        pulse.timer = (pulse.timer & 0x0FF) | ((value & 7) << 8)
        load_length(pulse.length, value, cycle)
        pulse.envelope.restart = 1
        if not pulse.click_free:
            pulse.position = 0  # the divider runs on: next_cycle stays


@compiled
def clock_pulse(pulse: Any, half_frame: bool, cycle: int) -> int:
    """Take the frame sequencer's clock on all counters, and return the timer to run with next."""
    clock_envelope(pulse.envelope)
    if not half_frame:
        return int(pulse.timer)
    clock_length(pulse.length, cycle)
    return int(clock_sweep(pulse.sweep, pulse.timer))


@compiled
def pulse_volume(pulse: Any, timer: int) -> int:
    """Volume 0-15 that the counters now ask for with a timer."""
    if pulse.length.count == 0 or sweep_mutes(pulse.sweep, timer):
        return 0
    return int(envelope_volume(pulse.envelope))


@compiled
def refresh_pulse(pulse: Any) -> int:
    """Update volume and level after a write or a clock, and return the level."""
    pulse.volume = pulse_volume(pulse, pulse.timer)
    pulse.level = (_DUTIES[pulse.duty, pulse.position] * pulse.volume) << pulse.level_shift
    return int(pulse.level)


@compiled
def run_pulse(pulse: Any, row: int, until: int, cycles: Any, levels: Any, counts: Any) -> None:
    """Run the timer up to `until` and add the edges to the row of the buffers."""
    next_cycle = pulse.next_cycle
    if next_cycle >= until:
        return
    step_cycles = 2 * (pulse.timer + 1)  # the timer counts every second CPU cycle
    position = pulse.position
    if pulse.volume > 0:
        duty = pulse.duty
        high = pulse.volume << pulse.level_shift
        level = pulse.level
        count = np.uint64(counts[row])
        steps = _STEPS_TO_EDGE[duty, position]
        edge_cycle = next_cycle + (steps - 1) * step_cycles
        steps_after = _STEPS_TO_EDGE[duty, (position + steps) & 7]
        while edge_cycle < until:
            position = (position + steps) & 7
            next_cycle = edge_cycle + step_cycles
            level = high - level
            cycles[row, count] = edge_cycle
            levels[row, count] = level
            count += np.uint64(1)
            # Each duty has two edges, so their distances take turns.
            steps = steps_after
            steps_after = _DUTY_STEPS - steps
            edge_cycle += steps * step_cycles
        pulse.level = level
        counts[row] = count
    if next_cycle < until:
        steps = (until - 1 - next_cycle) // step_cycles + 1
        position = (position + steps) & 7
        next_cycle += steps * step_cycles
    pulse.position = position
    pulse.next_cycle = next_cycle
