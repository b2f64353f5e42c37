"""The 6502's opcodes as arrays for compiled code.

Operations and addressing modes are numbers here, and flags are bits.
"""

import numpy as np

from synth.formats.opcodes import MODES, READ_MODIFY_WRITES, WRITES, all_opcodes, cycles_of

N, V, U, B, D, I, Z, C = 0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01  # noqa: E741

_TABLE = all_opcodes()
_NAMES = sorted({name for name, _ in _TABLE.values()})
JAM = 255
OPERATION = np.full(256, JAM, dtype=np.uint8)
MODE = np.zeros(256, dtype=np.uint8)
CYCLES = np.full(256, 2, dtype=np.uint8)
PAGE_CYCLE = np.zeros(256, dtype=np.uint8)
ONLY_WRITES = np.zeros(256, dtype=np.uint8)  # whether it writes without reading
CHANGES = np.zeros(256, dtype=np.uint8)  # whether it reads, changes and writes memory
for _opcode, (_name, _mode) in _TABLE.items():
    OPERATION[_opcode] = _NAMES.index(_name)
    MODE[_opcode] = MODES.index(_mode)
    CYCLES[_opcode], PAGE_CYCLE[_opcode] = cycles_of(_name, _mode)
    CHANGES[_opcode] = _name in READ_MODIFY_WRITES and _mode != "acc"
    ONLY_WRITES[_opcode] = _name in WRITES

(IMP, ACC, IMM, ZP, ZPX, ZPY, ABS, ABX, ABY, IND, IZX, IZY, REL) = range(13)
(
    ADC, ALR, ANC, AND, ARR, ASL, BCC, BCS, BEQ, BIT, BMI, BNE, BPL, BRK, BVC, BVS,
    CLC, CLD, CLI, CLV, CMP, CPX, CPY, DCP, DEC, DEX, DEY, EOR, INC, INX, INY, ISC,
    JMP, JSR, LAS, LAX, LDA, LDX, LDY, LSR, LXA, NOP, ORA, PHA, PHP, PLA, PLP, RLA,
    ROL, ROR, RRA, RTI, RTS, SAX, SBC, SBX, SEC, SED, SEI, SHA, SHX, SHY, SLO, SRE,
    STA, STX, STY, TAS, TAX, TAY, TSX, TXA, TXS, TYA, XAA,
) = range(len(_NAMES))  # fmt: skip
