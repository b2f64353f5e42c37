"""The frame sequencer: gives the units their clocks, quarter frames and half frames.

A quarter frame clocks envelopes and the linear counter; a half frame also clocks length counters
and sweeps.

References
----------
NESdev wiki: "APU Frame Counter".
"""

from typing import Any, Final

import numpy as np

from synth.kernels import compiled

SEQUENCER: Final = np.dtype(
    [("five_steps", np.int64), ("irq_inhibit", np.int64), ("irq", np.int64), ("step", np.int64),
     ("reset_cycle", np.int64), ("step_cycle", np.int64), ("written", np.int64),
     ("effect_cycle", np.int64), ("next_cycle", np.int64), ("step_cycles", np.int64, (2, 4))]
)  # fmt: skip
NOTHING: Final = -1  # waits to take effect

QUARTER_FRAME: Final = 1
HALF_FRAME: Final = 2


@compiled
def write_sequencer(sequencer: Any, cycle: int, value: int) -> None:
    """Take MI-- ---- of $4017: inhibit interrupts at once, and start over in 3 or 4 cycles.

    The sequencer runs on APU cycles of two CPU cycles, the even one first: a write in the first
    takes effect 3 CPU cycles later, a write in the second 4. So in the chip's netlist, too.
    """
    sequencer.irq_inhibit = (value >> 6) & 1
    if sequencer.irq_inhibit:
        sequencer.irq = 0
    sequencer.written = value
    sequencer.effect_cycle = cycle + 3 + (cycle & 1)
    sequencer.next_cycle = min(sequencer.step_cycle, sequencer.effect_cycle)


@compiled
def clock_sequencer(sequencer: Any) -> int:
    """Do what is due at `next_cycle`: a step, the effect of a write, or both.

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
