"""The 6502's arithmetic: sums, shifts, flags, and what an interrupt pushes."""

from synth.formats import cpu_tables as ops
from synth.formats.cpu_tables import C, N, U, V, Z
from synth.formats.nsf_bus import Vector
from synth.kernels import compiled


@compiled
def push_interrupt(memory: Vector, s: int, pc: int, p: int) -> int:
    """Push program counter and flags, and return the stack pointer."""
    memory[0x100 | s] = pc >> 8
    memory[0x100 | ((s - 1) & 0xFF)] = pc & 0xFF
    memory[0x100 | ((s - 2) & 0xFF)] = p | U
    return (s - 3) & 0xFF


@compiled
def nz(p: int, value: int) -> int:
    """Return the flags with N and Z as a byte sets them."""
    return (p & ~(N | Z)) | (value & N) | (0 if value else Z)


@compiled
def is_taken(op: int, p: int) -> bool:
    """Return whether the flags let a branch be taken."""
    if op in (ops.BCC, ops.BCS):
        flag = C
    elif op in (ops.BNE, ops.BEQ):
        flag = Z
    elif op in (ops.BPL, ops.BMI):
        flag = N
    else:
        flag = V
    return (p & flag != 0) == (op in (ops.BCS, ops.BEQ, ops.BMI, ops.BVS))


@compiled
def compare(p: int, register: int, value: int) -> int:
    """Return the flags as comparing a register with a byte sets them."""
    flags: int = (nz(p, (register - value) & 0xFF) & ~C) | (C if register >= value else 0)
    return flags


@compiled
def add(a: int, value: int, p: int) -> tuple[int, int]:
    """Add a byte and the carry to A; return the sum and the flags."""
    total = a + value + (p & C)
    result = total & 0xFF
    overflow = (V if (a ^ result) & (value ^ result) & 0x80 else 0) | (total >> 8)
    return result, (nz(p, result) & ~(V | C)) | overflow


@compiled
def shift(op: int, value: int, p: int) -> tuple[int, int]:
    """Shift or rotate a byte as an operation does; return it and the flags."""
    if op in (ops.ASL, ops.SLO):
        carry, result = value >> 7, (value << 1) & 0xFF
    elif op in (ops.LSR, ops.SRE):
        carry, result = value & 1, value >> 1
    elif op in (ops.ROL, ops.RLA):
        carry, result = value >> 7, ((value << 1) & 0xFF) | (p & C)
    else:
        carry, result = value & 1, (value >> 1) | (p & C) << 7
    return result, (nz(p, result) & ~C) | carry


@compiled
def change(op: int, value: int, a: int, p: int) -> tuple[int, int, int]:
    """Change a byte of memory, and A by it if it is a pair; return both and the flags."""
    if op in (ops.INC, ops.ISC):
        value = (value + 1) & 0xFF
        p = nz(p, value)
    elif op in (ops.DEC, ops.DCP):
        value = (value - 1) & 0xFF
        p = nz(p, value)
    else:
        value, p = shift(op, value, p)
    if op == ops.SLO:
        a |= value
        p = nz(p, a)
    elif op == ops.RLA:
        a &= value
        p = nz(p, a)
    elif op == ops.SRE:
        a ^= value
        p = nz(p, a)
    elif op == ops.RRA:
        a, p = add(a, value, p)
    elif op == ops.DCP:
        p = compare(p, a, value)
    elif op == ops.ISC:
        a, p = add(a, value ^ 0xFF, p)
    return value, a, p
