"""The delta modulation channel: plays sample bytes and $4011 as a 7-bit level.

References
----------
NESdev wiki: "APU DMC".
"""

from typing import Any, Final

import numpy as np

from synth.kernels import compiled

DMC: Final = np.dtype(
    [("irq_enabled", np.int64), ("irq", np.int64), ("loop", np.int64), ("rate_index", np.int64),
     ("sample_address", np.int64), ("sample_length", np.int64), ("address", np.int64),
     ("bytes_left", np.int64), ("buffer", np.int64), ("shift_register", np.int64),
     ("bits_left", np.int64), ("silence", np.int64), ("next_cycle", np.int64),
     ("output", np.int64), ("level_shift", np.int64), ("period_cycles", np.int64, (16,))]
)  # fmt: skip

MEMORY_START: Final = 0x8000
MEMORY_SIZE: Final = 0x8000
EMPTY: Final = -1  # of the one-byte sample buffer


@compiled
def write_dmc(dmc: Any, register: int, value: int) -> None:
    """Take a write to register 0-3 of the channel ($4010-$4013)."""
    if register == 0:
        dmc.irq_enabled = value >> 7
        if not dmc.irq_enabled:
            dmc.irq = 0
        dmc.loop = (value >> 6) & 1
        dmc.rate_index = value & 15
    elif register == 1:
        dmc.output = value & 0x7F
    elif register == 2:
        dmc.sample_address = 0xC000 + 64 * value
    else:
        dmc.sample_length = 16 * value + 1


@compiled
def enable_dmc(dmc: Any, enabled: int, memory: Any) -> None:
    """Take the channel's bit of $4015: stop after the current byte, or start if stopped."""
    dmc.irq = 0
    if not enabled:
        dmc.bytes_left = 0
    elif dmc.bytes_left == 0:
        dmc.address = dmc.sample_address
        dmc.bytes_left = dmc.sample_length
        _fill_buffer(dmc, memory)


@compiled
def skip_dmc(dmc: Any, until: int, memory: Any) -> None:
    """Run the timer up to `until` and leave the output as it is: all but the sound."""
    period_cycles = dmc.period_cycles[dmc.rate_index]
    while dmc.next_cycle < until:
        clocks = (until - 1 - dmc.next_cycle) // period_cycles + 1
        if dmc.silence and dmc.buffer == EMPTY:
            dmc.bits_left = (dmc.bits_left - 1 - clocks) % 8 + 1
            dmc.next_cycle += clocks * period_cycles
            return
        clocks = min(clocks, dmc.bits_left)
        dmc.next_cycle += clocks * period_cycles
        dmc.bits_left -= clocks
        if dmc.bits_left == 0:
            dmc.bits_left = 8
            dmc.silence = dmc.buffer == EMPTY
            if not dmc.silence:
                dmc.buffer = EMPTY
                _fill_buffer(dmc, memory)


@compiled
def refresh_dmc(dmc: Any) -> int:
    """Return the level."""
    return int(dmc.output << dmc.level_shift)


@compiled
def run_dmc(
    dmc: Any, memory: Any, row: int, until: int, cycles: Any, levels: Any, counts: Any
) -> None:
    """Run the timer up to `until` and add the steps to the row of the buffers."""
    period_cycles = dmc.period_cycles[dmc.rate_index]
    while dmc.next_cycle < until:
        if dmc.silence and dmc.buffer == EMPTY:  # nothing can come before the next write
            steps = (until - 1 - dmc.next_cycle) // period_cycles + 1
            dmc.bits_left = (dmc.bits_left - 1 - steps) % 8 + 1
            dmc.next_cycle += steps * period_cycles
            return
        if not dmc.silence:
            change = 2 if dmc.shift_register & 1 else -2
            if 0 <= dmc.output + change <= 127:
                dmc.output += change
                count = counts[row]
                cycles[row, count] = dmc.next_cycle
                levels[row, count] = dmc.output << dmc.level_shift
                counts[row] = count + 1
        dmc.shift_register >>= 1
        dmc.bits_left -= 1
        if dmc.bits_left == 0:
            dmc.bits_left = 8
            dmc.silence = dmc.buffer == EMPTY
            if not dmc.silence:
                dmc.shift_register = dmc.buffer
                dmc.buffer = EMPTY
                _fill_buffer(dmc, memory)
        dmc.next_cycle += period_cycles


@compiled
def _fill_buffer(dmc: Any, memory: Any) -> None:
    """Read the next sample byte if there is one and room for it."""
    if dmc.buffer != EMPTY or dmc.bytes_left == 0:
        return
    dmc.buffer = memory[dmc.address - MEMORY_START]
    dmc.address = dmc.address + 1 if dmc.address < 0xFFFF else MEMORY_START
    dmc.bytes_left -= 1
    if dmc.bytes_left == 0:
        if dmc.loop:
            dmc.address = dmc.sample_address
            dmc.bytes_left = dmc.sample_length
        elif dmc.irq_enabled:
            dmc.irq = 1
