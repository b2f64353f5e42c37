"""Where a 6502 instruction's operand is."""

from typing import Any

import numpy as np

from synth.formats import cpu_tables as ops
from synth.formats.nsf_bus import Vector, byte_at
from synth.kernels import compiled


@compiled
def find_operand(memory: Vector, mode: int, pc: int, x: int, y: int) -> Any:
    """Find the operand of the instruction at `pc` by its addressing mode.

    Parameters
    ----------
    memory
        What the CPU sees, uint8, shape (65536,).
    mode
        Of `synth.formats.cpu_tables`.
    pc, x, y
        Registers.

    Returns
    -------
    tuple
        The byte after the opcode, the operand's address, the address before an index was added to
        it, and where the next instruction begins. What a mode lacks is 0.
    """
    if mode <= ops.ACC:
        return 0, 0, 0, (pc + 1) & 0xFFFF
    byte = byte_at(memory, (pc + 1) & 0xFFFF)
    then = (pc + 2) & 0xFFFF
    if mode in (ops.IMM, ops.REL):
        base = address = (pc + 1) & 0xFFFF
    elif mode == ops.ZP:
        base = address = byte
    elif mode == ops.ZPX:
        base = address = (byte + x) & 0xFF
    elif mode == ops.ZPY:
        base = address = (byte + y) & 0xFF
    elif mode == ops.IZX:
        base = pointer_at(memory, (byte + x) & 0xFF)
        address = base
    elif mode == ops.IZY:
        base = pointer_at(memory, byte)
        address = (base + y) & 0xFFFF
    else:
        base = address = byte | byte_at(memory, then) << 8
        then = (pc + 3) & 0xFFFF
        if mode == ops.ABX:
            address = (base + x) & 0xFFFF
        elif mode == ops.ABY:
            address = (base + y) & 0xFFFF
        elif mode == ops.IND:
            address = pointer_at(memory, base)
    return byte, address, base, then


@compiled
def operand_word(memory: Vector, pc: int, byte: int) -> int:
    """Return the two bytes after the opcode at `pc`, of which `byte` is the first."""
    return int(byte | byte_at(memory, np.uint64(pc) + np.uint64(2)) << 8)


@compiled
def pointer_at(memory: Vector, place: int) -> int:
    """Return the address that lies at a place; its high byte comes from the same page."""
    after = (place & 0xFF00) | ((place + 1) & 0xFF)
    return int(byte_at(memory, place) | byte_at(memory, after) << 8)


@compiled
def page_crossed(one: int, other: int) -> int:
    """Return 1 if two addresses are on different pages, else 0."""
    return 1 if (one ^ other) & 0xFF00 else 0
