"""The NES's 6502, compiled: runs code in 64 KB of memory and notes what it writes to the 2A03.

The 2A03's 6502 has no decimal mode: `D` is kept as a flag and changes nothing. All documented
opcodes and the stable undocumented ones run; the rest stop with a status, as does a jam.
"""

from typing import Final

import numpy as np

from synth.chip.compiled import compiled, compiled_entry
from synth.formats.apu_status import read_status
from synth.formats.bus import (
    CYCLE,
    N_EVENTS,
    N_INSTRUCTIONS,
    PC,
    A,
    P,
    S,
    Vector,
    X,
    Y,
    byte_at,
    store,
)
from synth.formats.opcodes import MODES, all_opcodes, cycles_of

# What stopped `run`.
RETURNED, OUT_OF_TIME, EVENTS_FULL, JAMMED, UNSTABLE = range(5)

STOP_PC: Final = 0x4F00  # nothing is mapped there, so no code runs into it by chance

N, V, U, B, D, I, Z, C = 0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01  # noqa: E741

_TABLE = all_opcodes()
_NAMES = sorted({name for name, _ in _TABLE.values()})
_JAM, _UNSTABLE = 254, 255
_JAMS = {0x02 + 0x10 * row for row in range(16) if row not in (8, 10, 12, 14)}
_OPERATION = np.full(256, _UNSTABLE, dtype=np.uint8)
_MODE = np.zeros(256, dtype=np.uint8)
_CYCLES = np.full(256, 2, dtype=np.uint8)
_PAGE_CYCLE = np.zeros(256, dtype=np.uint8)
_OPERATION[list(_JAMS)] = _JAM
for _opcode, (_name, _mode) in _TABLE.items():
    _OPERATION[_opcode] = _NAMES.index(_name)
    _MODE[_opcode] = MODES.index(_mode)
    _CYCLES[_opcode], _PAGE_CYCLE[_opcode] = cycles_of(_name, _mode)

(_IMP, _ACC, _IMM, _ZP, _ZPX, _ZPY, _ABS, _ABX, _ABY, _IND, _IZX, _IZY, _REL) = range(13)
(
    _ADC, _ALR, _ANC, _AND, _ARR, _ASL, _BCC, _BCS, _BEQ, _BIT, _BMI, _BNE, _BPL, _BRK, _BVC, _BVS,
    _CLC, _CLD, _CLI, _CLV, _CMP, _CPX, _CPY, _DCP, _DEC, _DEX, _DEY, _EOR, _INC, _INX, _INY, _ISC,
    _JMP, _JSR, _LAS, _LAX, _LDA, _LDX, _LDY, _LSR, _NOP, _ORA, _PHA, _PHP, _PLA, _PLP, _RLA, _ROL,
    _ROR, _RRA, _RTI, _RTS, _SAX, _SBC, _SBX, _SEC, _SED, _SEI, _SLO, _SRE, _STA, _STX, _STY, _TAX,
    _TAY, _TSX, _TXA, _TXS, _TYA,
) = range(len(_NAMES))  # fmt: skip


@compiled_entry(
    state="int64[:]", memory="uint8[:]", rom="uint8[:]", events="int64[:,:]", apu="int64[:]"
)
def run(
    state: Vector,
    memory: Vector,
    rom: Vector,
    events: Vector,
    apu: Vector,
    stop_cycle: int,
    nsf: bool,
) -> int:
    """Run instructions until `STOP_PC` is reached or something else ends it.

    Parameters
    ----------
    state
        Registers and counters, int64, shape (STATE_SIZE,); kept up to date, so that a run can be
        taken up again.
    memory
        What the CPU sees, uint8, shape (65536,).
    rom
        Banks of 4096 bytes that $5FF6-$5FFF map in, uint8, shape (n_banks * 4096,).
    events
        Receives cycle, address and value of each write to a sound or bank register, int64, shape
        (n, 3), from row ``state[N_EVENTS]`` on.
    apu
        What $4015 is read from (see `synth.formats.apu_status`).
    stop_cycle
        Cycle at which to give up.
    nsf
        Whether memory is laid out as an NSF player's; if not, all of it is plain RAM.

    Returns
    -------
    int
        `RETURNED`, `OUT_OF_TIME`, `EVENTS_FULL`, `JAMMED` or `UNSTABLE`. In the last two the
        program counter stands at the opcode at fault.
    """
    a, x, y, s, p = state[A], state[X], state[Y], state[S], state[P]
    pc, cycle = state[PC], state[CYCLE]
    instructions = 0
    last_event = events.shape[0] - 4  # an instruction makes two at most
    status = RETURNED
    while pc != STOP_PC or not nsf:
        if cycle >= stop_cycle:
            status = OUT_OF_TIME
            break
        if state[N_EVENTS] > last_event:
            status = EVENTS_FULL
            break
        opcode = byte_at(memory, pc)
        op, mode = _OPERATION[opcode], _MODE[opcode]
        if op >= _JAM:
            status = JAMMED if op == _JAM else UNSTABLE
            break
        instructions += 1
        took = byte_at(_CYCLES, opcode)

        # The operand's address, and where the next instruction is.
        address = 0
        byte = byte_at(memory, (pc + 1) & 0xFFFF) if mode > _ACC else 0
        if mode <= _ACC:
            pc += 1
        elif mode in (_IMM, _REL):
            address = (pc + 1) & 0xFFFF
            pc += 2
        elif mode == _ZP:
            address = byte
            pc += 2
        elif mode == _ZPX:
            address = (byte + x) & 0xFF
            pc += 2
        elif mode == _ZPY:
            address = (byte + y) & 0xFF
            pc += 2
        elif mode == _IZX:
            low = byte_at(memory, (byte + x) & 0xFF)
            address = low | byte_at(memory, (byte + x + 1) & 0xFF) << 8
            pc += 2
        elif mode == _IZY:
            base = byte_at(memory, byte)
            base |= byte_at(memory, (byte + 1) & 0xFF) << 8
            address = (base + y) & 0xFFFF
            if (base ^ address) & 0xFF00:
                took += _PAGE_CYCLE[opcode]
            pc += 2
        else:
            base = byte | byte_at(memory, (pc + 2) & 0xFFFF) << 8
            address = base
            if mode == _ABX:
                address = (base + x) & 0xFFFF
            elif mode == _ABY:
                address = (base + y) & 0xFFFF
            elif mode == _IND:  # the pointer's high byte comes from the same page
                high = (base & 0xFF00) | ((base + 1) & 0xFF)
                address = byte_at(memory, base)
                address |= byte_at(memory, high) << 8
            if (base ^ address) & 0xFF00:
                took += _PAGE_CYCLE[opcode]
            pc += 3
        pc &= 0xFFFF
        now = cycle + took - 1  # the bus access that matters is an instruction's last
        written = -1
        if nsf:
            if address < 0x2000:
                address &= 0x7FF  # RAM and its mirrors
            elif address == 0x4015:
                memory[0x4015] = read_status(apu, now)

        # Loads and stores.
        if op == _LDA:
            a = byte_at(memory, address)
            p = _nz(p, a)
        elif op == _STA:
            written = a
        elif op == _LDX:
            x = byte_at(memory, address)
            p = _nz(p, x)
        elif op == _LDY:
            y = byte_at(memory, address)
            p = _nz(p, y)
        elif op == _STX:
            written = x
        elif op == _STY:
            written = y
        # Branches.
        elif mode == _REL:
            if op == _BNE:
                taken = not p & Z
            elif op == _BEQ:
                taken = p & Z != 0
            elif op == _BPL:
                taken = not p & N
            elif op == _BMI:
                taken = p & N != 0
            elif op == _BCC:
                taken = not p & C
            elif op == _BCS:
                taken = p & C != 0
            elif op == _BVC:
                taken = not p & V
            else:
                taken = p & V != 0
            if taken:
                target = (pc + ((byte ^ 0x80) - 0x80)) & 0xFFFF
                took += 2 if (target ^ pc) & 0xFF00 else 1
                pc = target
        # Arithmetic and logic on A.
        elif op in (_ADC, _SBC):
            value = byte_at(memory, address)
            a, p = _add(a, value ^ 0xFF if op == _SBC else value, p)
        elif op == _AND:
            a &= byte_at(memory, address)
            p = _nz(p, a)
        elif op == _ORA:
            a |= byte_at(memory, address)
            p = _nz(p, a)
        elif op == _EOR:
            a ^= byte_at(memory, address)
            p = _nz(p, a)
        elif op == _CMP:
            p = _compare(p, a, byte_at(memory, address))
        elif op == _CPX:
            p = _compare(p, x, byte_at(memory, address))
        elif op == _CPY:
            p = _compare(p, y, byte_at(memory, address))
        elif op == _BIT:
            value = byte_at(memory, address)
            p = (p & ~(N | V | Z)) | (value & (N | V)) | (0 if value & a else Z)
        # Registers and flags.
        elif op == _INX:
            x = (x + 1) & 0xFF
            p = _nz(p, x)
        elif op == _DEX:
            x = (x - 1) & 0xFF
            p = _nz(p, x)
        elif op == _INY:
            y = (y + 1) & 0xFF
            p = _nz(p, y)
        elif op == _DEY:
            y = (y - 1) & 0xFF
            p = _nz(p, y)
        elif op == _TAX:
            x = a
            p = _nz(p, x)
        elif op == _TAY:
            y = a
            p = _nz(p, y)
        elif op == _TXA:
            a = x
            p = _nz(p, a)
        elif op == _TYA:
            a = y
            p = _nz(p, a)
        elif op == _TSX:
            x = s
            p = _nz(p, x)
        elif op == _TXS:
            s = x
        elif op == _CLC:
            p &= ~C
        elif op == _SEC:
            p |= C
        elif op == _CLI:
            p &= ~I
        elif op == _SEI:
            p |= I
        elif op == _CLV:
            p &= ~V
        elif op == _CLD:
            p &= ~D
        elif op == _SED:
            p |= D
        # Jumps and the stack.
        elif op == _JMP:
            pc = address
        elif op == _JSR:
            back = (pc - 1) & 0xFFFF
            memory[0x100 | s] = back >> 8
            memory[0x100 | ((s - 1) & 0xFF)] = back & 0xFF
            s = (s - 2) & 0xFF
            # The target's high byte is fetched last, which a call from the stack page can tell.
            pc = (address & 0xFF) | byte_at(memory, back) << 8
        elif op == _RTS:
            low = byte_at(memory, 0x100 | ((s + 1) & 0xFF))
            s = (s + 2) & 0xFF
            pc = ((low | byte_at(memory, 0x100 | s) << 8) + 1) & 0xFFFF
        elif op == _RTI:
            p = (byte_at(memory, 0x100 | ((s + 1) & 0xFF)) & ~B) | U
            low = byte_at(memory, 0x100 | ((s + 2) & 0xFF))
            s = (s + 3) & 0xFF
            pc = low | byte_at(memory, 0x100 | s) << 8
        elif op == _BRK:
            back = (pc + 1) & 0xFFFF
            memory[0x100 | s] = back >> 8
            memory[0x100 | ((s - 1) & 0xFF)] = back & 0xFF
            memory[0x100 | ((s - 2) & 0xFF)] = p | B | U
            s = (s - 3) & 0xFF
            p |= I
            pc = byte_at(memory, 0xFFFE) | byte_at(memory, 0xFFFF) << 8
        elif op == _PHA:
            memory[0x100 | s] = a
            s = (s - 1) & 0xFF
        elif op == _PHP:
            memory[0x100 | s] = p | B | U
            s = (s - 1) & 0xFF
        elif op == _PLA:
            s = (s + 1) & 0xFF
            a = byte_at(memory, 0x100 | s)
            p = _nz(p, a)
        elif op == _PLP:
            s = (s + 1) & 0xFF
            p = (byte_at(memory, 0x100 | s) & ~B) | U
        # Read, change, write; on the way the unchanged value is written too.
        elif mode == _ACC:
            a, p = _shift(op, a, p)
        elif _CYCLES[opcode] >= 5 and (op != _LAX and op != _SAX and op != _NOP):
            value = byte_at(memory, address)
            if nsf and address >= 0x800:
                store(state, memory, rom, events, apu, now - 1, address, value)
            if op in (_INC, _ISC):
                value = (value + 1) & 0xFF
                p = _nz(p, value)
            elif op in (_DEC, _DCP):
                value = (value - 1) & 0xFF
                p = _nz(p, value)
            else:
                value, p = _shift(op, value, p)
            written = value
            if op == _SLO:
                a |= value
                p = _nz(p, a)
            elif op == _RLA:
                a &= value
                p = _nz(p, a)
            elif op == _SRE:
                a ^= value
                p = _nz(p, a)
            elif op == _RRA:
                a, p = _add(a, value, p)
            elif op == _DCP:
                p = _compare(p, a, value)
            elif op == _ISC:
                a, p = _add(a, value ^ 0xFF, p)
        # The rest of the undocumented.
        elif op == _LAX:
            a = byte_at(memory, address)
            x = a
            p = _nz(p, a)
        elif op == _LAS:
            a = s & byte_at(memory, address)
            x = s = a
            p = _nz(p, a)
        elif op == _SAX:
            written = a & x
        elif op == _ANC:
            a &= byte
            p = (_nz(p, a) & ~C) | (a >> 7)
        elif op == _ALR:
            a, p = _shift(_LSR, a & byte, p)
        elif op == _ARR:
            a = ((a & byte) >> 1) | (p & C) << 7
            p = (_nz(p, a) & ~(C | V)) | ((a >> 6) & 1) | (((a >> 6) ^ (a >> 5)) & 1) << 6
        elif op == _SBX:
            p = _compare(p, a & x, byte)
            x = ((a & x) - byte) & 0xFF
        if written >= 0:
            if nsf and address >= 0x800:
                store(state, memory, rom, events, apu, now, address, written)
            else:
                memory[address] = written
        cycle += took
    state[A], state[X], state[Y], state[S], state[P] = a, x, y, s, p
    state[PC], state[CYCLE] = pc, cycle
    state[N_INSTRUCTIONS] += instructions
    return status


@compiled
def _nz(p: int, value: int) -> int:
    return (p & ~(N | Z)) | (value & N) | (0 if value else Z)


@compiled
def _compare(p: int, register: int, value: int) -> int:
    flags: int = (_nz(p, (register - value) & 0xFF) & ~C) | (C if register >= value else 0)
    return flags


@compiled
def _add(a: int, value: int, p: int) -> tuple[int, int]:
    total = a + value + (p & C)
    result = total & 0xFF
    overflow = (V if (a ^ result) & (value ^ result) & 0x80 else 0) | (total >> 8)
    return result, (_nz(p, result) & ~(V | C)) | overflow


@compiled
def _shift(op: int, value: int, p: int) -> tuple[int, int]:
    if op in (_ASL, _SLO):
        carry, result = value >> 7, (value << 1) & 0xFF
    elif op in (_LSR, _SRE):
        carry, result = value & 1, value >> 1
    elif op in (_ROL, _RLA):
        carry, result = value >> 7, ((value << 1) & 0xFF) | (p & C)
    else:
        carry, result = value & 1, (value >> 1) | (p & C) << 7
    return result, (_nz(p, result) & ~C) | carry
