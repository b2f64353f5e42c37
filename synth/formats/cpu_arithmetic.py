"""The 6502's arithmetic: sums, shifts, flags, and what an interrupt pushes."""

from synth.formats.cpu_tables import ASL, LSR, RLA, ROL, SLO, SRE, C, N, U, V, Z
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
    if op in (ASL, SLO):
        carry, result = value >> 7, (value << 1) & 0xFF
    elif op in (LSR, SRE):
        carry, result = value & 1, value >> 1
    elif op in (ROL, RLA):
        carry, result = value >> 7, ((value << 1) & 0xFF) | (p & C)
    else:
        carry, result = value & 1, (value >> 1) | (p & C) << 7
    return result, (nz(p, result) & ~C) | carry
