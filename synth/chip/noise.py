"""The noise channel: the edges of a shift register's output.

The register shifts right, so its low bits are the outputs to come: they are read off eight at a
time, and the register jumps over all of them at once. While the channel is silent its clocks are
only counted, and made up for in a few multiplications when it sounds again.

References
----------
NESdev wiki: "APU Noise".
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.envelope import ENVELOPE, clock_envelope, envelope_volume, write_envelope
from synth.chip.length_counter import LENGTH, clock_length, halt_length, load_length
from synth.kernels import compiled

NOISE: Final = np.dtype(
    [("shift_register", np.int64), ("short_mode", np.int64), ("period_index", np.int64),
     ("owed_steps", np.int64), ("next_cycle", np.int64), ("volume", np.int64), ("level", np.int64),
     ("level_shift", np.int64), ("envelope", ENVELOPE), ("length", LENGTH),
     ("period_cycles", np.int64, (16,))]
)  # fmt: skip

REGISTER_BITS: Final = 15
LONG_CYCLE_STEPS: Final = 32_767
SHORT_CYCLE_STEPS: Final = 93  # every cycle of the short mode is 93 or 31 steps long

# Steps that need no bit which is not there yet: feedback reaches 6 bits up, or 1.
_SHORT_JUMP: Final = 9
_STEPS_AT_ONCE: Final = 8  # whose edges are read off the register, a number that can be unrolled


def _make_doublings() -> NDArray[np.int64]:
    """Return where 2^k shifts of the long mode move each bit of the register: entry [k, bit]."""
    table = np.zeros((REGISTER_BITS, REGISTER_BITS), dtype=np.int64)
    for bit in range(REGISTER_BITS):
        register = 1 << bit
        fed_back = (register ^ (register >> 1)) & 1
        table[0, bit] = (register >> 1) | (fed_back << (REGISTER_BITS - 1))
    for power in range(1, REGISTER_BITS):
        half = table[power - 1]
        for bit in range(REGISTER_BITS):
            for middle in range(REGISTER_BITS):
                if half[bit] >> middle & 1:
                    table[power, bit] ^= half[middle]
    return table


_DOUBLINGS: Final = _make_doublings()


@compiled
def write_noise(noise: Any, register: int, value: int, cycle: int) -> None:
    """Take a write to register 0-3 of the channel ($400C-$400F)."""
    if register == 0:
        halt_length(noise.length, (value >> 5) & 1, cycle)
        write_envelope(noise.envelope, value)
    elif register == 2:
        _settle_steps(noise)
        noise.short_mode = value >> 7
        noise.period_index = value & 15
    elif register == 3:
        load_length(noise.length, value, cycle)
        noise.envelope.restart = 1


@compiled
def clock_noise(noise: Any, half_frame: bool, cycle: int) -> None:
    """Take the frame sequencer's clock on all counters."""
    clock_envelope(noise.envelope)
    if half_frame:
        clock_length(noise.length, cycle)


@compiled
def noise_volume(noise: Any) -> int:
    """Volume 0-15 that the counters now ask for."""
    return int(envelope_volume(noise.envelope)) if noise.length.count > 0 else 0


@compiled
def refresh_noise(noise: Any) -> int:
    """Update volume and level after a write or a clock, and return the level."""
    noise.volume = noise_volume(noise)
    if noise.volume > 0:
        _settle_steps(noise)
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
    if short_mode:
        steps %= SHORT_CYCLE_STEPS
        while steps > _SHORT_JUMP:
            register = jump_shift_register(register, _SHORT_JUMP, 6)
            steps -= _SHORT_JUMP
        return int(jump_shift_register(register, steps, 6))
    steps %= LONG_CYCLE_STEPS
    power = 0
    while steps:
        if steps & 1:
            moved = 0
            for bit in range(REGISTER_BITS):
                if (register >> bit) & 1:
                    moved ^= _DOUBLINGS[power, bit]
            register = moved
        steps >>= 1
        power += 1
    return register


@compiled
def run_noise(noise: Any, row: int, until: int, cycles: Any, levels: Any, counts: Any) -> None:
    """Run the timer up to `until` and add the edges to the row of the buffers."""
    next_cycle = noise.next_cycle
    if next_cycle >= until:
        return
    step_cycles = noise.period_cycles[noise.period_index]
    if noise.volume == 0:
        steps = (until - 1 - next_cycle) // step_cycles + 1
        noise.owed_steps += steps
        noise.next_cycle = next_cycle + steps * step_cycles
        return
    register = noise.shift_register
    feedback_bit = 6 if noise.short_mode else 1
    high = noise.volume << noise.level_shift
    count = np.uint64(counts[row])
    left = (until - 1 - next_cycle) // step_cycles + 1
    # Written whether it is an edge or not: half of them are, and no branch can foretell which.
    while left >= _STEPS_AT_ONCE:
        edges = register ^ (register >> 1)
        for step in range(_STEPS_AT_ONCE):
            cycles[row, count] = next_cycle + step * step_cycles
            levels[row, count] = high & (((register >> (step + 1)) & 1) - 1)
            count += np.uint64((edges >> step) & 1)
        next_cycle += _STEPS_AT_ONCE * step_cycles
        register = jump_shift_register(register, _STEPS_AT_ONCE, feedback_bit)
        left -= _STEPS_AT_ONCE
    for step in range(left):
        cycles[row, count] = next_cycle
        levels[row, count] = high & (((register >> (step + 1)) & 1) - 1)
        count += np.uint64(((register ^ (register >> 1)) >> step) & 1)
        next_cycle += step_cycles
    register = jump_shift_register(register, left, feedback_bit)
    counts[row] = count
    noise.level = 0 if register & 1 else high
    noise.shift_register = register
    noise.next_cycle = next_cycle


@compiled
def _settle_steps(noise: Any) -> None:
    """Apply the clocks that were only counted during silence."""
    if noise.owed_steps:
        noise.shift_register = advance_shift_register(
            noise.shift_register, noise.owed_steps, noise.short_mode
        )
        noise.owed_steps = 0
