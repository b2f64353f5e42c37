"""The 6502's common opcodes in groups that share their code.

One jump leads from a group's number to its code; from opcodes, the compiler would make a tree of
comparisons.
"""

from typing import Final

import numpy as np

# Name, and its opcodes. LDAX is LDA or LDX, ST is STA, STX or STY.
_GROUPS: Final = (
    ("BNE", "D0"), ("BEQ", "F0"), ("BPL", "10"), ("BMI", "30"), ("BCC", "90"), ("BCS", "B0"),
    ("BVC", "50"), ("BVS", "70"),
    ("JMP", "4C"), ("JSR", "20"), ("RTS", "60"),
    ("LDA_IMM", "A9"), ("LDX_IMM", "A2"), ("LDY_IMM", "A0"), ("LDA_ZP", "A5"), ("LDX_ZP", "A6"),
    ("LDY_ZP", "A4"), ("LDA_ZPX", "B5"), ("LDY_ZPX", "B4"), ("LDX_ZPY", "B6"), ("LDA_ABS", "AD"),
    ("LDXY_ABS", "AE AC"), ("LDAY_ABX", "BD BC"), ("LDAX_ABY", "B9 BE"), ("LDA_IZY", "B1"),
    ("STA_ZP", "85"), ("STX_ZP", "86"), ("STY_ZP", "84"), ("STA_ZPX", "95"), ("STY_ZPX", "94"),
    ("ST_ABS", "8D 8E 8C"), ("STA_ABXY", "9D 99"), ("STA_IZY", "91"),
    ("INX", "E8"), ("DEX", "CA"), ("INY", "C8"), ("DEY", "88"), ("TAX", "AA"), ("TAY", "A8"),
    ("TXA", "8A"), ("TYA", "98"), ("SET_CARRY", "18 38"), ("NOP", "EA"), ("PHA", "48"),
    ("PLA", "68"),
    ("ORA_IMM", "09"), ("AND_IMM", "29"), ("EOR_IMM", "49"), ("ORA_ZP", "05"), ("AND_ZP", "25"),
    ("EOR_ZP", "45"), ("ADC_IMM", "69"), ("ADC_ZP", "65"), ("SBC_IMM", "E9"), ("SBC_ZP", "E5"),
    ("CMP_IMM", "C9"), ("CPX_IMM", "E0"), ("CPY_IMM", "C0"), ("CMP_ZP", "C5"), ("CPX_ZP", "E4"),
    ("CPY_ZP", "C4"), ("SHIFT_UP", "0A 2A"), ("SHIFT_DOWN", "4A 6A"),
    ("INC_ZP", "E6"), ("DEC_ZP", "C6"), ("CHANGE_ZPX", "F6 D6"), ("CHANGE_ABS", "EE CE FE DE"),
    ("SHIFT_UP_ZP", "06 26"), ("SHIFT_DOWN_ZP", "46 66"),
    ("JMP_IND", "6C"), ("BIT", "24 2C"),
    ("ON_A", "01 11 0D 15 19 1D 21 31 2D 35 39 3D 41 51 4D 55 59 5D 61 71 6D 75 79 7D "
             "A1 C1 D1 CD D5 D9 DD E1 F1 ED F5 F9 FD"),
)  # fmt: skip
(
    BNE, BEQ, BPL, BMI, BCC, BCS, BVC, BVS, JMP, JSR, RTS, LDA_IMM, LDX_IMM, LDY_IMM, LDA_ZP,
    LDX_ZP, LDY_ZP, LDA_ZPX, LDY_ZPX, LDX_ZPY, LDA_ABS, LDXY_ABS, LDAY_ABX, LDAX_ABY, LDA_IZY,
    STA_ZP, STX_ZP, STY_ZP, STA_ZPX, STY_ZPX, ST_ABS, STA_ABXY, STA_IZY, INX, DEX, INY, DEY, TAX,
    TAY, TXA, TYA, SET_CARRY, NOP, PHA, PLA, ORA_IMM, AND_IMM, EOR_IMM, ORA_ZP, AND_ZP, EOR_ZP,
    ADC_IMM, ADC_ZP, SBC_IMM, SBC_ZP, CMP_IMM, CPX_IMM, CPY_IMM, CMP_ZP, CPX_ZP, CPY_ZP, SHIFT_UP,
    SHIFT_DOWN, INC_ZP, DEC_ZP, CHANGE_ZPX, CHANGE_ABS, SHIFT_UP_ZP, SHIFT_DOWN_ZP, JMP_IND, BIT,
    ON_A,
) = range(len(_GROUPS))  # fmt: skip
REST: Final = len(_GROUPS)

GROUP: Final = np.full(256, REST, dtype=np.uint8)
for _number, (_, _opcodes) in enumerate(_GROUPS):
    GROUP[list(bytes.fromhex(_opcodes))] = _number
