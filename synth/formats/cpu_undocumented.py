"""The 6502's undocumented operations, the unstable among them as most chips run them.

References
----------
NESdev wiki: "CPU unofficial opcodes".
"""

from typing import Any

from synth.formats import cpu_tables as ops
from synth.formats.cpu_arithmetic import compare, nz, shift
from synth.formats.cpu_tables import C, V
from synth.kernels import compiled


@compiled
def load_undocumented(op: int, value: int, a: int, x: int, s: int, p: int) -> Any:
    """Do an operation that reads a byte, and return A, X, S and the flags.

    Where a value is left floating, it reads as ones.
    """
    if op in (ops.LAX, ops.LXA):
        a = x = value
        p = nz(p, a)
    elif op == ops.LAS:
        a = x = s = s & value
        p = nz(p, a)
    elif op == ops.ANC:
        a &= value
        p = (nz(p, a) & ~C) | (a >> 7)
    elif op == ops.ALR:
        a, p = shift(ops.LSR, a & value, p)
    elif op == ops.ARR:
        a = ((a & value) >> 1) | (p & C) << 7
        p = (nz(p, a) & ~(C | V)) | ((a >> 6) & 1) | (((a >> 6) ^ (a >> 5)) & 1) << 6
    elif op == ops.SBX:
        p = compare(p, a & x, value)
        x = ((a & x) - value) & 0xFF
    elif op == ops.XAA:
        a = x & value
        p = nz(p, a)
    return a, x, s, p


@compiled
def store_undocumented(
    op: int, a: int, x: int, y: int, s: int, base: int, address: int
) -> tuple[int, int, int]:
    """Do an operation that writes a byte, and return the byte, S and the address it goes to.

    The high byte of the address `base`, before the index was added, and one further pulls the
    written byte down, and where the index crosses a page it is itself replaced.
    """
    if op == ops.SAX:
        return a & x, s, address
    if op == ops.SHX:
        written = x
    elif op == ops.SHY:
        written = y
    else:
        written = a & x
        if op == ops.TAS:
            s = written
    written &= ((base >> 8) + 1) & 0xFF
    if (base ^ address) & 0xFF00:
        address = written << 8 | (address & 0xFF)
    return written, s, address
