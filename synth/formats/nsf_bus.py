"""The bus of an NSF's 6502: RAM, mapped banks, the sound chip and a timer.

References
----------
NESdev wiki: "NSF", section Memory map; "CPU memory map"; "NSF2", section IRQ Support.
"""

from typing import Any, Final

import numpy
from numpy.typing import NDArray

from synth.chip.apu import FAR
from synth.formats.apu_status import interrupt_cycle, note_write
from synth.kernels import compiled

Vector = NDArray[Any]  # of int64 or uint8; numba compiles for what it is given

# Places in the state vector, int64.
(
    A, X, Y, S, P, PC, CYCLE,
    FRAME, CALLED,  # which call of play is next, and whether it was made
    N_EVENTS, N_INSTRUCTIONS, BAD_BANKS, RAM_TOP, DIRTY,
    LISTENS,  # whether the program ever asked the sound chip how it does
    INTERRUPTS,  # whether interrupts reach the CPU
    TIMER_RELOAD, TIMER_ON, TIMER_IRQ, TIMER_CYCLE,  # $401B-$401D, and when it is next at 0
    HALTED,  # where a jam halted the CPU, plus one
    STAGE,  # of an init that need not return: how often it was called
    SUSPENDED,  # whether it waits for play to return, and its registers
    OLD_A, OLD_X, OLD_Y, OLD_S, OLD_P, OLD_PC,
) = range(29)  # fmt: skip
BANKS: Final = OLD_PC + 1
STATE_SIZE: Final = BANKS + 10  # what was written to $5FF6-$5FFF last, and one; 0 is nothing

BANK_BYTES: Final = 4096


@compiled
def byte_at(memory: Vector, address: int) -> int:
    """Read one byte, as a signed integer wide enough to compute with."""
    byte: int = memory[address] + 0
    return byte


@compiled
def store(
    state: Vector,
    memory: Vector,
    rom: Vector,
    events: Vector,
    apu: Vector,
    cycle: int,
    address: int,
    value: int,
) -> int:
    """Write `value` to `address`, beyond RAM, at `cycle`; return cycles that this halts the CPU."""
    if 0x4000 <= address <= 0x4017:
        if address not in (0x4014, 0x4016):
            _note(state, events, cycle, address, value)
            return int(note_write(apu, memory, cycle, address, value))
    elif 0x5FF6 <= address <= 0x5FFF:
        _note(state, events, cycle, address, value)
        switch_bank(state, memory, rom, address, value)
    elif 0x5C00 <= address < 0x5FF6 or 0x6000 <= address < state[RAM_TOP]:
        memory[address] = value
        state[DIRTY] = 1
    elif state[INTERRUPTS]:
        if address >= 0xFFFE:
            memory[address] = value
        elif 0x401B <= address <= 0x401D:
            _write_timer(state, cycle, address, value)
    return 0


@compiled
def read_timer(state: Vector, cycle: int, address: int) -> int:
    """Return what $401B, $401C or $401D reads as; the last acknowledges the timer's interrupt."""
    run_timer(state, cycle)
    if address == 0x401B:
        return int(state[TIMER_RELOAD] & 0xFF)
    if address == 0x401C:
        return int(state[TIMER_RELOAD] >> 8)
    status = int(state[TIMER_IRQ] << 7 | state[TIMER_ON])
    state[TIMER_IRQ] = 0
    return status


@compiled
def _write_timer(state: Vector, cycle: int, address: int, value: int) -> None:
    """Take half of the timer's reload value, or start or stop it."""
    run_timer(state, cycle)
    if address == 0x401B:
        state[TIMER_RELOAD] = (state[TIMER_RELOAD] & 0xFF00) | value
    elif address == 0x401C:
        state[TIMER_RELOAD] = (state[TIMER_RELOAD] & 0x00FF) | value << 8
    elif not value & 1:
        state[TIMER_ON] = state[TIMER_IRQ] = 0
    elif not state[TIMER_ON]:
        state[TIMER_ON] = 1
        state[TIMER_CYCLE] = cycle + state[TIMER_RELOAD] + 1


@compiled
def run_timer(state: Vector, cycle: int) -> None:
    """Count the timer down to `cycle`; each time it has reached 0 it asks and starts over."""
    while state[TIMER_ON] and state[TIMER_CYCLE] <= cycle:
        state[TIMER_IRQ] = 1
        state[TIMER_CYCLE] += state[TIMER_RELOAD] + 1


@compiled
def asked_cycle(state: Vector, memory: Vector, apu: Vector, cycle: int) -> int:
    """Cycle from which an interrupt is requested, by the state at `cycle`."""
    due = FAR
    if state[INTERRUPTS]:
        due = interrupt_cycle(apu, memory, cycle)
        run_timer(state, cycle)
        if state[TIMER_IRQ]:
            due = cycle
        elif state[TIMER_ON]:
            due = min(due, state[TIMER_CYCLE])
    return int(due)


@compiled
def _note(state: Vector, events: Vector, cycle: int, address: int, value: int) -> None:
    row = state[N_EVENTS]
    events[row, 0], events[row, 1], events[row, 2] = cycle, address, value
    state[N_EVENTS] = row + 1


@compiled
def switch_bank(
    state: Vector,
    memory: Vector,
    rom: Vector,
    address: int,
    bank: int,
) -> None:
    """Map a 4 KB bank in, as a write of `bank` to `address` ($5FF6-$5FFF) does."""
    slot = BANKS + address - 0x5FF6
    if state[slot] == bank + 1 and (address & 0xF) * BANK_BYTES >= state[RAM_TOP]:
        return  # it is mapped already, and read-only
    state[slot] = bank + 1
    start = bank * BANK_BYTES
    to = (address & 0xF) * BANK_BYTES
    if start + BANK_BYTES > rom.shape[0]:
        state[BAD_BANKS] += 1
    elif to >= 0x8000 or state[RAM_TOP] > 0x8000:
        # The vectors are the player's: with interrupts, RAM.
        size = BANK_BYTES - 2 if to == 0xF000 and state[INTERRUPTS] else BANK_BYTES
        into, out_of = memory.view(numpy.uint64), rom.view(numpy.uint64)
        for word in range(BANK_BYTES // 8 - 1):
            into[numpy.uint64((to >> 3) + word)] = out_of[numpy.uint64((start >> 3) + word)]
        for place in range(BANK_BYTES - 8, size):
            memory[to + place] = rom[start + place]
