"""What the 6502 of an NSF player sees: RAM, mapped banks, the sound registers and $4015.

References
----------
NESdev wiki: "NSF", section Memory map; "CPU memory map".
"""

from typing import Any, Final

from numpy.typing import NDArray

from synth.chip.compiled import compiled
from synth.formats.apu_status import note_write

Vector = NDArray[Any]  # of int64 or uint8; numba compiles for what it is given

# Places in the state vector, int64.
(
    A, X, Y, S, P, PC, CYCLE, DEADLINE, FRAME, N_EVENTS, N_INSTRUCTIONS, BAD_BANKS, RAM_TOP, DIRTY,
    BANKS,
) = range(15)  # fmt: skip
STATE_SIZE: Final = BANKS + 10  # the banks that were written to $5FF6-$5FFF

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
) -> None:
    """Write `value` to `address`, beyond RAM, at `cycle`."""
    if 0x4000 <= address <= 0x4017:
        if address not in (0x4014, 0x4016):
            note_write(apu, cycle, address, value)
            _note(state, events, cycle, address, value)
    elif 0x5FF6 <= address <= 0x5FFF:
        _note(state, events, cycle, address, value)
        switch_bank(state, memory, rom, address, value)
    elif 0x5C00 <= address < 0x5FF6 or 0x6000 <= address < state[RAM_TOP]:
        memory[address] = value
        state[DIRTY] = 1


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
    state[BANKS + address - 0x5FF6] = bank
    start = bank * BANK_BYTES
    to = (address & 0xF) * BANK_BYTES
    if start + BANK_BYTES > rom.shape[0]:
        state[BAD_BANKS] += 1
    elif to >= 0x8000 or state[RAM_TOP] > 0x8000:
        for place in range(BANK_BYTES):
            memory[to + place] = rom[start + place]
