"""The noise channel: its registers become the edges of a shift register's output.

The register shifts right, so its low bits are the outputs to come: a run of equal bits is one
jump to the next edge instead of a step for each clock.

References
----------
NESdev wiki: "APU Noise".
"""

from typing import Any, Final

import numpy as np

from synth.chip.compiled import compiled
from synth.chip.units import (
    ENVELOPE,
    LENGTH,
    clock_envelope,
    clock_length,
    envelope_volume,
    load_length,
    write_envelope,
)

NOISE: Final = np.dtype(
    [("shift_register", np.int64), ("short_mode", np.int64), ("period_index", np.int64),
     ("next_cycle", np.int64), ("volume", np.int64), ("level", np.int64),
     ("level_shift", np.int64), ("envelope", ENVELOPE), ("length", LENGTH),
     ("period_cycles", np.int64, (16,))]
)  # fmt: skip

REGISTER_BITS: Final = 15
SHORT_CYCLE_STEPS: Final = 93  # every cycle of the short mode is 93 or 31 steps long

# Steps that need no bit which is not there yet: feedback reaches 1 or 6 bits up.
_LONG_JUMP: Final = 14
_SHORT_JUMP: Final = 9
# Index of the one set bit b is _BIT_INDEX[b * _DE_BRUIJN mod 2**32 >> 27].
_DE_BRUIJN: Final = 0x077CB531
_BIT_INDEX: Final = np.zeros(32, dtype=np.int64)
for _bit in range(32):
    _BIT_INDEX[((_DE_BRUIJN << _bit) & 0xFFFFFFFF) >> 27] = _bit


@compiled
def write_noise(noise: Any, register: int, value: int) -> None:
    """Take a write to register 0-3 of the channel ($400C-$400F)."""
    if register == 0:
        noise.length.halt = (value >> 5) & 1
        write_envelope(noise.envelope, value)
    elif register == 2:
        noise.short_mode = value >> 7
        noise.period_index = value & 15
    elif register == 3:
        load_length(noise.length, value)
        noise.envelope.restart = 1


@compiled
def clock_noise(noise: Any, half_frame: bool) -> None:
    """Take the frame sequencer's clock."""
    clock_envelope(noise.envelope)
    if half_frame:
        clock_length(noise.length)


@compiled
def refresh_noise(noise: Any) -> int:
    """Work out volume and level anew after a write or a clock, and return the level."""
    noise.volume = envelope_volume(noise.envelope) if noise.length.count > 0 else 0
    noise.level = (0 if noise.shift_register & 1 else noise.volume) << noise.level_shift
    return int(noise.level)


@compiled
def jump_shift_register(register: int, steps: int, feedback_bit: int) -> int:
    """Shift `steps` times at once, at most 15 - `feedback_bit`.

    The feedback is bit 0 xor bit 1 in the long mode, bit 0 xor bit 6 in the short one.
    """
    fed_back = (register ^ (register >> feedback_bit)) & ((1 << steps) - 1)
    return (register >> steps) | (fed_back << (REGISTER_BITS - steps))


@compiled
def advance_shift_register(register: int, steps: int, short_mode: int) -> int:
    """Shift any number of times."""
    jump = _SHORT_JUMP if short_mode else _LONG_JUMP
    feedback_bit = 6 if short_mode else 1
    if short_mode:
        steps %= SHORT_CYCLE_STEPS
    while steps > jump:
        register = jump_shift_register(register, jump, feedback_bit)
        steps -= jump
    return int(jump_shift_register(register, steps, feedback_bit))


@compiled
def run_noise(noise: Any, until: int, cycles: Any, levels: Any, count: int) -> int:
    """Run the timer up to `until`, add the edges to the buffers, and return the new count."""
    next_cycle = noise.next_cycle
    if next_cycle >= until:
        return count
    step_cycles = noise.period_cycles[noise.period_index]
    register = noise.shift_register
    if noise.volume > 0:
        jump = _SHORT_JUMP if noise.short_mode else _LONG_JUMP
        feedback_bit = 6 if noise.short_mode else 1
        high = noise.volume << noise.level_shift
        while True:
            # Bits that differ from the output now; the lowest of them is the next edge.
            differing = register ^ (-(register & 1) & 0x7FFF) | (1 << jump)
            lowest = differing & -differing
            steps = _BIT_INDEX[((lowest * _DE_BRUIJN) & 0xFFFFFFFF) >> 27]
            edge_cycle = next_cycle + (steps - 1) * step_cycles
            if edge_cycle >= until:
                break
            previous = register & 1
            register = jump_shift_register(register, steps, feedback_bit)
            next_cycle = edge_cycle + step_cycles
            cycles[count] = edge_cycle
            levels[count] = 0 if register & 1 else high
            count += (register & 1) != previous
    if next_cycle < until:
        steps = (until - 1 - next_cycle) // step_cycles + 1
        register = advance_shift_register(register, steps, noise.short_mode)
        next_cycle += steps * step_cycles
    noise.level = (0 if register & 1 else noise.volume) << noise.level_shift
    noise.shift_register = register
    noise.next_cycle = next_cycle
    return count
