"""The units that channels share: envelope, length, sweep, linear counter, frame sequencer.

Each is a record of a few integers and the functions that write to it and clock it. A clock is
given by the frame sequencer: a quarter frame for envelope and linear counter, a half frame for
length counter and sweep. Nothing here knows of cycles but the frame sequencer.

References
----------
NESdev wiki: "APU Envelope", "APU Length Counter", "APU Sweep", "APU Triangle",
"APU Frame Counter". Shay Green's tests of the APU of 2005, "Length Halt" and "Length
Reload", for writes in the cycle before a clock.
"""

from typing import Any, Final

import numpy as np

from synth.chip.hardware import LENGTH_TABLE
from synth.kernels import compiled

ENVELOPE: Final = np.dtype(
    [("restart", np.int64), ("loop", np.int64), ("constant", np.int64), ("volume", np.int64),
     ("divider", np.int64), ("decay", np.int64)]
)  # fmt: skip
LENGTH: Final = np.dtype(
    [("enabled", np.int64), ("halt", np.int64), ("count", np.int64), ("halt_cycle", np.int64),
     ("halt_before", np.int64), ("load_cycle", np.int64), ("count_before", np.int64)]
)  # fmt: skip
SWEEP: Final = np.dtype(
    [("enabled", np.int64), ("period", np.int64), ("negate", np.int64), ("shift", np.int64),
     ("reload", np.int64), ("divider", np.int64), ("ones_complement", np.int64)]
)  # fmt: skip
LINEAR: Final = np.dtype(
    [("control", np.int64), ("period", np.int64), ("reload", np.int64), ("count", np.int64)]
)
SEQUENCER: Final = np.dtype(
    [("five_steps", np.int64), ("irq_inhibit", np.int64), ("irq", np.int64), ("step", np.int64),
     ("reset_cycle", np.int64), ("step_cycle", np.int64), ("written", np.int64),
     ("effect_cycle", np.int64), ("next_cycle", np.int64), ("step_cycles", np.int64, (2, 4))]
)  # fmt: skip
NOTHING: Final = -1  # waits to take effect

QUARTER_FRAME: Final = 1
HALF_FRAME: Final = 2
MIN_PULSE_TIMER: Final = 8  # below it the sweep unit keeps a pulse silent
MAX_PULSE_TIMER: Final = 0x7FF

_LENGTHS: Final = np.array(LENGTH_TABLE, dtype=np.int64)


@compiled
def write_envelope(envelope: Any, value: int) -> None:
    """Take --LC VVVV of $4000, $4004 or $400C: loop, constant volume, volume or period."""
    envelope.loop = (value >> 5) & 1
    envelope.constant = (value >> 4) & 1
    envelope.volume = value & 15


@compiled
def clock_envelope(envelope: Any) -> None:
    """Decay by one step every V + 1 quarter frames, from 15 after a restart."""
    if envelope.restart:
        envelope.restart = 0
        envelope.decay = 15
        envelope.divider = envelope.volume
    elif envelope.divider > 0:
        envelope.divider -= 1
    else:
        envelope.divider = envelope.volume
        if envelope.decay > 0:
            envelope.decay -= 1
        elif envelope.loop:
            envelope.decay = 15


@compiled
def envelope_volume(envelope: Any) -> int:
    """Volume 0-15 that the envelope asks for now."""
    if envelope.constant:
        return int(envelope.volume)
    return int(envelope.decay)


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

    What was written in the cycle before comes too late: the halt flag counts as it was, and a load
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


@compiled
def write_sequencer(sequencer: Any, cycle: int, value: int) -> None:
    """Take MI-- ---- of $4017: inhibit interrupts at once, and start over in 3 or 4 cycles.

    The sequencer runs on APU cycles, every second of the CPU's: what is written between two of them
    takes effect 4 CPU cycles later, what is written within one 3 cycles later.
    """
    sequencer.irq_inhibit = (value >> 6) & 1
    if sequencer.irq_inhibit:
        sequencer.irq = 0
    sequencer.written = value
    sequencer.effect_cycle = cycle + 4 - (cycle & 1)
    sequencer.next_cycle = min(sequencer.step_cycle, sequencer.effect_cycle)


@compiled
def clock_sequencer(sequencer: Any) -> int:
    """Take what is due at `next_cycle`: a step, or what was written, or both.

    Returns the clocks to give: `QUARTER_FRAME` and `HALF_FRAME`, or neither.
    """
    cycle = sequencer.next_cycle
    clocks = 0
    if cycle == sequencer.step_cycle:
        clocks = _take_step(sequencer)
    if sequencer.written != NOTHING:
        if cycle < sequencer.effect_cycle:
            sequencer.next_cycle = sequencer.effect_cycle  # steps are further apart
        else:
            clocks |= start_sequencer(sequencer, cycle)
    return clocks


@compiled
def start_sequencer(sequencer: Any, cycle: int) -> int:
    """Start over if that was written, with five steps clocking all units; return as above."""
    if sequencer.written == NOTHING:
        return 0
    sequencer.five_steps = sequencer.written >> 7
    sequencer.written = NOTHING
    sequencer.reset_cycle = cycle
    sequencer.step = 0
    sequencer.step_cycle = cycle + sequencer.step_cycles[sequencer.five_steps, 0]
    sequencer.next_cycle = sequencer.step_cycle
    return (QUARTER_FRAME | HALF_FRAME) if sequencer.five_steps else 0


@compiled
def _take_step(sequencer: Any) -> int:
    """Take the step that is due, and look for the next."""
    step = sequencer.step
    steps = sequencer.step_cycles[sequencer.five_steps]
    if step == 3:
        if not (sequencer.five_steps or sequencer.irq_inhibit):
            sequencer.irq = 1
        sequencer.reset_cycle += steps[3] + 1  # the last step's cycle and one more
        sequencer.step = 0
    else:
        sequencer.step = step + 1
    sequencer.step_cycle = sequencer.reset_cycle + steps[sequencer.step]
    sequencer.next_cycle = sequencer.step_cycle
    # The fourth of the five steps gives no clock; the hardware tables leave it out.
    return (QUARTER_FRAME | HALF_FRAME) if step & 1 else QUARTER_FRAME
