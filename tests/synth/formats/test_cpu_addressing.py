"""Operands are found where the programming manual says."""

import pytest

from synth.formats import cpu_tables as ops
from synth.formats.cpu_addressing import find_operand, page_crossed, pointer_at

PC = 0x8000


@pytest.mark.parametrize(
    ("mode", "operand", "address", "base", "length"),
    [
        (ops.IMP, (), 0, 0, 1), (ops.ACC, (), 0, 0, 1), (ops.IMM, (9,), PC + 1, PC + 1, 2),
        (ops.ZP, (0xF0,), 0xF0, 0xF0, 2), (ops.ZPX, (0xF0,), 0x10, 0x10, 2),
        (ops.ZPY, (0xF0,), 0x20, 0x20, 2), (ops.ABS, (0x34, 0x12), 0x1234, 0x1234, 3),
        (ops.ABX, (0xF0, 0x12), 0x1310, 0x12F0, 3), (ops.ABY, (0xF0, 0xFF), 0x0020, 0xFFF0, 3),
        (ops.IZX, (0xDF,), 0x56FF, 0x56FF, 2), (ops.IZY, (0xFF,), 0x572F, 0x56FF, 2),
        (ops.IND, (0xFF, 0x02), 0xCDAB, 0x02FF, 3),
    ],
)  # fmt: skip
def test_operands(
    mode: int, operand: tuple[int, ...], address: int, base: int, length: int
) -> None:
    """X is $20, Y is $30; pointers wrap within their page."""
    memory = [0] * 0x1_0000
    memory[PC + 1 : PC + 1 + len(operand)] = operand
    memory[0xFF], memory[0x00] = 0xFF, 0x56
    memory[0x02FF], memory[0x0200] = 0xAB, 0xCD
    found = find_operand(memory, mode, PC, 0x20, 0x30)
    assert found == (operand[0] if operand else 0, address, base, PC + length)


def test_a_pointer_at_the_end_of_a_page_goes_on_at_its_beginning() -> None:
    """The 6502 does not carry into the high byte."""
    memory = [0] * 0x1_0000
    memory[0x12FF], memory[0x1200], memory[0x1300] = 0x01, 0x02, 0x03
    assert pointer_at(memory, 0x12FF) == 0x0201


def test_pages_are_256_bytes() -> None:
    """Only the high byte of an address counts."""
    assert [page_crossed(0x12FF, other) for other in (0x1200, 0x1300)] == [0, 1]
