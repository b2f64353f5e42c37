"""The undocumented operations do what test programs found in the 2A03."""

import pytest

from synth.formats import cpu_tables as ops
from synth.formats.cpu_tables import C, N, V, Z
from synth.formats.cpu_undocumented import load_undocumented, store_undocumented

A, X, Y, S = 0b1100_0111, 0b1010_0101, 0x3C, 0xF8


@pytest.mark.parametrize(
    ("op", "value", "a", "x", "s", "flags"),
    [
        (ops.LAX, 0x80, 0x80, 0x80, S, N), (ops.LXA, 0x00, 0x00, 0x00, S, Z),
        (ops.LAS, 0x0F, 0x08, 0x08, 0x08, 0), (ops.ANC, 0x80, 0x80, X, S, N | C),
        (ops.ALR, 0x03, 0x01, X, S, C), (ops.ARR, 0xC0, 0x60, X, S, C),
        (ops.ARR, 0x80, 0x40, X, S, C | V), (ops.SBX, 0x85, A, 0x00, S, Z | C),
        (ops.SBX, 0x86, A, 0xFF, S, N), (ops.XAA, 0x81, 0x81, X, S, N),
    ],
)  # fmt: skip
def test_loads(op: int, value: int, a: int, x: int, s: int, flags: int) -> None:
    """A, X, S and the flags, worked by hand, from A = $C7, X = $A5 and S = $F8."""
    assert load_undocumented(op, value, A, X, S, 0) == (a, x, s, flags)


@pytest.mark.parametrize(
    ("op", "address", "byte", "s", "to"),
    [
        (ops.SAX, 0x1234, A & X, S, 0x1234), (ops.SHX, 0x1250, X & 0x13, S, 0x1250),
        (ops.SHY, 0x1310, Y & 0x13, S, 0x1010), (ops.SHA, 0x1250, A & X & 0x13, S, 0x1250),
        (ops.TAS, 0x1310, A & X & 0x13, A & X, 0x0110),
    ],
)  # fmt: skip
def test_stores(op: int, address: int, byte: int, s: int, to: int) -> None:
    """The high byte of the address $12F0, and one, pulls the byte down; a crossing moves it."""
    assert store_undocumented(op, A, X, Y, S, 0x12F0, address) == (byte, s, to)
