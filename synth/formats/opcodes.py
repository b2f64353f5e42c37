"""The table of the 6502's instructions: opcodes, addressing modes and cycles.

References
----------
MOS MCS6500 programming manual, appendix B; for the unofficial ones, NESdev wiki: "CPU unofficial
opcodes". What the table leaves out halts the CPU.
"""

from typing import Final

MODES: Final = (
    "imp", "acc", "imm", "zp", "zpx", "zpy", "abs", "abx", "aby", "ind", "izx", "izy", "rel",
)  # fmt: skip
"""Addressing modes: implied, accumulator, immediate, zero page (,X ,Y), absolute (,X ,Y), indirect,
(indirect,X), (indirect),Y, relative."""

MODE_BYTES: Final = dict(zip(MODES, (1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 2, 2, 2), strict=True))
"""Length of an instruction, opcode included."""

_GROUP_ONE = ("imm", "zp", "zpx", "abs", "abx", "aby", "izx", "izy")
_SHIFT = ("acc", "zp", "zpx", "abs", "abx")


def _row(modes: tuple[str, ...] | str, opcodes: str) -> dict[str, int]:
    names = modes.split() if isinstance(modes, str) else modes
    return dict(zip(names, bytes.fromhex(opcodes), strict=True))


def _rows(mode: str, names_and_opcodes: str) -> dict[str, dict[str, int]]:
    words = names_and_opcodes.split()
    return {name: _row(mode, opcode) for name, opcode in zip(words[::2], words[1::2], strict=True)}


OFFICIAL: Final[dict[str, dict[str, int]]] = {
    # Read a value.
    "LDA": _row(_GROUP_ONE, "A9 A5 B5 AD BD B9 A1 B1"),
    "LDX": _row("imm zp zpy abs aby", "A2 A6 B6 AE BE"),
    "LDY": _row("imm zp zpx abs abx", "A0 A4 B4 AC BC"),
    "ADC": _row(_GROUP_ONE, "69 65 75 6D 7D 79 61 71"),
    "SBC": _row(_GROUP_ONE, "E9 E5 F5 ED FD F9 E1 F1"),
    "AND": _row(_GROUP_ONE, "29 25 35 2D 3D 39 21 31"),
    "ORA": _row(_GROUP_ONE, "09 05 15 0D 1D 19 01 11"),
    "EOR": _row(_GROUP_ONE, "49 45 55 4D 5D 59 41 51"),
    "CMP": _row(_GROUP_ONE, "C9 C5 D5 CD DD D9 C1 D1"),
    "CPX": _row("imm zp abs", "E0 E4 EC"),
    "CPY": _row("imm zp abs", "C0 C4 CC"),
    "BIT": _row("zp abs", "24 2C"),
    # Write one.
    "STA": _row(_GROUP_ONE[1:], "85 95 8D 9D 99 81 91"),
    "STX": _row("zp zpy abs", "86 96 8E"),
    "STY": _row("zp zpx abs", "84 94 8C"),
    # Change one in place.
    "ASL": _row(_SHIFT, "0A 06 16 0E 1E"),
    "LSR": _row(_SHIFT, "4A 46 56 4E 5E"),
    "ROL": _row(_SHIFT, "2A 26 36 2E 3E"),
    "ROR": _row(_SHIFT, "6A 66 76 6E 7E"),
    "INC": _row(_SHIFT[1:], "E6 F6 EE FE"),
    "DEC": _row(_SHIFT[1:], "C6 D6 CE DE"),
    # Go elsewhere.
    "JMP": _row("abs ind", "4C 6C"),
    "JSR": _row("abs", "20"),
    "RTS": _row("imp", "60"),
    "RTI": _row("imp", "40"),
    "BRK": _row("imp", "00"),
    **_rows("rel", "BPL 10 BMI 30 BVC 50 BVS 70 BCC 90 BCS B0 BNE D0 BEQ F0"),
    # Registers, flags and stack.
    **_rows("imp", "TAX AA TXA 8A TAY A8 TYA 98 TSX BA TXS 9A INX E8 DEX CA INY C8 DEY 88 NOP EA"),
    **_rows("imp", "CLC 18 SEC 38 CLI 58 SEI 78 CLV B8 CLD D8 SED F8 PHA 48 PHP 08 PLA 68 PLP 28"),
}

UNOFFICIAL: Final[dict[str, dict[str, int]]] = {
    "LAX": _row("zp zpy abs aby izx izy", "A7 B7 AF BF A3 B3"),
    "LAS": _row("aby", "BB"),
    "SAX": _row("zp zpy abs izx", "87 97 8F 83"),
    "ALR": _row("imm", "4B"),
    "ARR": _row("imm", "6B"),
    "SBX": _row("imm", "CB"),
    "SLO": _row(_GROUP_ONE[1:], "07 17 0F 1F 1B 03 13"),
    "RLA": _row(_GROUP_ONE[1:], "27 37 2F 3F 3B 23 33"),
    "SRE": _row(_GROUP_ONE[1:], "47 57 4F 5F 5B 43 53"),
    "RRA": _row(_GROUP_ONE[1:], "67 77 6F 7F 7B 63 73"),
    "DCP": _row(_GROUP_ONE[1:], "C7 D7 CF DF DB C3 D3"),
    "ISC": _row(_GROUP_ONE[1:], "E7 F7 EF FF FB E3 F3"),
    # What these do depends on the chip, its warmth and the bus; they run as most chips run them.
    "XAA": _row("imm", "8B"),
    "LXA": _row("imm", "AB"),
    "SHY": _row("abx", "9C"),
    "SHX": _row("aby", "9E"),
    "SHA": _row("aby izy", "9F 93"),
    "TAS": _row("aby", "9B"),
}

# These have several opcodes for one mode: operation, mode, opcodes.
ALIASES: Final = tuple(
    (name, mode, bytes.fromhex(opcodes))
    for name, mode, opcodes in (
        ("ANC", "imm", "0B 2B"),
        ("SBC", "imm", "EB"),
        ("NOP", "imp", "1A 3A 5A 7A DA FA"),
        ("NOP", "imm", "80 82 89 C2 E2"),
        ("NOP", "zp", "04 44 64"),
        ("NOP", "zpx", "14 34 54 74 D4 F4"),
        ("NOP", "abs", "0C"),
        ("NOP", "abx", "1C 3C 5C 7C DC FC"),
    )
)

UNSTABLE_WRITES: Final = ("SHY", "SHX", "SHA", "TAS")
WRITES: Final = ("STA", "STX", "STY", "SAX", *UNSTABLE_WRITES)
READ_MODIFY_WRITES: Final = (
    "ASL", "LSR", "ROL", "ROR", "INC", "DEC", "SLO", "RLA", "SRE", "RRA", "DCP", "ISC",
)  # fmt: skip
_OWN_CYCLES = {
    ("JMP", "abs"): 3, ("JMP", "ind"): 5, ("JSR", "abs"): 6, ("RTS", "imp"): 6, ("RTI", "imp"): 6,
    ("BRK", "imp"): 7, ("PHA", "imp"): 3, ("PHP", "imp"): 3, ("PLA", "imp"): 4, ("PLP", "imp"): 4,
}  # fmt: skip
_READ_CYCLES = dict(zip(MODES, (2, 2, 2, 3, 4, 4, 4, 4, 4, 5, 6, 5, 2), strict=True))


def cycles_of(name: str, mode: str) -> tuple[int, bool]:
    """Cycles an instruction takes, and whether an indexed read that crosses a page takes one more.

    Examples
    --------
    >>> cycles_of("LDA", "abx"), cycles_of("STA", "abx"), cycles_of("INC", "abx")
    ((4, True), (5, False), (7, False))
    """
    if (name, mode) in _OWN_CYCLES:
        return _OWN_CYCLES[name, mode], False
    indexed = mode in ("abx", "aby", "izy")
    cycles = _READ_CYCLES[mode]
    if name in WRITES:
        return cycles + indexed, False
    if name in READ_MODIFY_WRITES and mode != "acc":
        return cycles + 2 + indexed, False
    return cycles, indexed


def all_opcodes() -> dict[int, tuple[str, str]]:
    """Return every opcode of the table, with its operation and mode."""
    table = {
        opcode: (name, mode)
        for operations in (OFFICIAL, UNOFFICIAL)
        for name, modes in operations.items()
        for mode, opcode in modes.items()
    }
    for name, mode, opcodes in ALIASES:
        table |= dict.fromkeys(opcodes, (name, mode))
    return table
