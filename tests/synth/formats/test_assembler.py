"""The assembler makes what py65's makes, and names a wrong line."""

import pytest
from py65.assembler import Assembler
from py65.devices.mpu6502 import MPU

from synth.errors import SynthError
from synth.formats.assembler import assemble
from synth.formats.opcodes import MODE_BYTES, OFFICIAL

OPERANDS = {
    "imp": "", "acc": "A", "imm": "#$12", "zp": "$12", "zpx": "$12,X", "zpy": "$12,Y",
    "abs": "$1234", "abx": "$1234,X", "aby": "$1234,Y", "ind": "($1234)", "izx": "($12,X)",
    "izy": "($12),Y", "rel": "$8010",
}  # fmt: skip


@pytest.mark.parametrize("name", OFFICIAL)
def test_every_instruction_assembles_as_in_py65(name: str) -> None:
    """Each mode of each instruction gives the bytes of py65's own assembler."""
    reference = Assembler(MPU())
    for mode, opcode in OFFICIAL[name].items():
        text = f"{name} {OPERANDS[mode]}".strip()
        made = assemble(f".org $8000\n{text}").code
        assert made[0] == opcode
        assert len(made) == MODE_BYTES[mode]
        assert list(made) == list(reference.assemble(text, 0x8000)), text


def test_names_expressions_and_conditions() -> None:
    """What the module's description promises, in one text."""
    made = assemble(
        """
        zero = $10
        far  = $1234 + 2 * (3 - 1)  ; $1238
                .org $C000
        start:  LDA #<far
                LDX #>far
                STA zero+1          ; fits the zero page
                STA later,Y         ; is not known yet: the long form
        .if FLAG
                .byte "A;B", 'C', -1, %101
        .else
                BRK
        .endif
        later:  .word start, later - start
        """,
        {"FLAG": 1},
    )
    assert made.origin == 0xC000
    assert made.code.hex(" ") == ("a9 38 a2 12 85 11 99 0f c0 41 3b 42 43 ff 05 00 c0 0f 00")
    assert made.symbols["later"] == 0xC00F


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("NOP", "no .org"),
        (".org $8000\n FOO #1", "line 2.*no instruction FOO"),
        (".org $8000\n LDA", "needs an operand"),
        (".org $8000\n RTS $10", "RTS cannot take"),
        (".org $8000\n LDA #nothing", "nothing is no value"),
        (".org $8000\n LDA #$123", "291 does not fit"),
        (".org $8000\na: NOP\na: NOP", "defined twice"),
        (".org $8000\na: .byte 1\n .org $9000", "second .org"),
        (".org $8000\n BNE $9000", "more than -128 to 127"),
        (".org $8000\n LDA #1 1", "cannot read the value"),
        (".org $8000\n LDA #(1", "bracket"),
        (".else", "without .if"),
        (".if 1\n .org $8000", "without .endif"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named(source: str, reason: str) -> None:
    """An error names the line and what is wrong with it, in one line."""
    with pytest.raises(SynthError, match=reason) as caught:
        assemble(source)
    assert "\n" not in str(caught.value)
