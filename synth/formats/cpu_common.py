"""The 6502's common instructions in a loop of their own, several times as fast as the whole set.

It stops before any instruction that is not among them, that reads anything but RAM and what is
mapped above $5000, or that returns to the player; and after one that writes to anything but RAM.
`synth.formats.cpu6502.run` goes on from there. Neither interrupts nor the sound chip are changed by
what runs here.
"""

from typing import Any, Final

import numpy as np

from synth.formats import cpu_groups as on
from synth.formats.cpu_addressing import operand_word, page_crossed, pointer_at
from synth.formats.cpu_tables import CYCLES, C, N, V, Z
from synth.formats.nsf_bus import Vector, byte_at
from synth.kernels import compiled

RAM_END, MAPPED = 0x800, 0x5000
LAST_PC: Final = 0xFFFC  # an instruction that begins later may wrap around
NOTHING: Final = -1  # is written

# Opcodes of which the lowest two bits are 01: the operation, bits 5-7, and the mode, bits 2-4.
_ORA, _AND, _EOR, _ADC, _STA, _LDA, _CMP, _SBC = range(8)
_INDIRECT_X, _ABSOLUTE, _INDIRECT_Y, _ZERO_PAGE_X, _ABSOLUTE_X = 0, 0x0C, 0x10, 0x14, 0x1C

_BACK_OVER_ONE: Final = 0xFD  # a branch to the byte before it
_DEX, _DEY = 0xCA, 0x88


@compiled
def run_common(
    memory: Vector, a: int, x: int, y: int, s: int, p: int, pc: int, cycle: int, wake_cycle: int,
    stop_pc: int,
) -> Any:  # fmt: skip
    """Run instructions until a cycle is reached or one comes that is not common.

    Parameters
    ----------
    memory
        What the CPU sees, uint8, shape (65536,).
    a, x, y, s, p, pc, cycle
        Registers, and the cycle at which the next instruction begins.
    wake_cycle
        Cycle from which no instruction begins.
    stop_pc
        Returning to this address or the next is not common.

    Returns
    -------
    tuple
        The registers and the cycle, how many instructions were run, and the address and the byte
        that the last of them writes beyond RAM, or 0 and `NOTHING`.
    """
    # N is set by bit 7 or 8 of `last`, Z if its low byte is 0; both are put into `p` at the end.
    last = (0 if p & Z else 1) | (p & N) << 1
    carry = p & C
    count = 0
    target, sent = 0, NOTHING
    while cycle < wake_cycle and pc <= LAST_PC:
        opcode = byte_at(memory, np.uint64(pc))
        group = byte_at(on.GROUP, opcode)
        byte = byte_at(memory, np.uint64(pc) + np.uint64(1))
        then = pc + 2
        # Branches.
        if group == on.BNE:
            if last & 0xFF and byte == _BACK_OVER_ONE:
                before = byte_at(memory, (pc - 1) & 0xFFFF)
                if before in (_DEX, _DEY):
                    # It counts down to 0 and does nothing else, so all rounds but one are one.
                    counter = x if before == _DEX else y
                    round_cycles = 5 + page_crossed(then, pc - 1)
                    rounds = min(counter - 1, (wake_cycle - cycle - 1) // round_cycles)
                    if rounds > 0:
                        last = counter - rounds
                        x = last if before == _DEX else x
                        y = last if before == _DEY else y
                        cycle += rounds * round_cycles
                        count += 2 * rounds
            then, cycle = _branch(then, byte, cycle, last & 0xFF != 0)
        elif group == on.BEQ:
            then, cycle = _branch(then, byte, cycle, last & 0xFF == 0)
        elif group == on.BPL:
            then, cycle = _branch(then, byte, cycle, last & 0x180 == 0)
        elif group == on.BMI:
            then, cycle = _branch(then, byte, cycle, last & 0x180 != 0)
        elif group == on.BCC:
            then, cycle = _branch(then, byte, cycle, carry == 0)
        elif group == on.BCS:
            then, cycle = _branch(then, byte, cycle, carry != 0)
        elif group == on.BVC:
            then, cycle = _branch(then, byte, cycle, p & V == 0)
        elif group == on.BVS:
            then, cycle = _branch(then, byte, cycle, p & V != 0)
        # Jumps.
        elif group == on.JMP:
            place = operand_word(memory, pc, byte)
            if place == pc:
                break
            then = place
        elif group == on.JSR:
            memory[0x100 | (s & 0xFF)] = then >> 8
            memory[0x100 | ((s - 1) & 0xFF)] = then & 0xFF
            s = (s - 2) & 0xFF
            then = operand_word(memory, pc, byte)  # fetched last, which may be from the stack
        elif group == on.RTS:
            place = byte_at(memory, 0x100 | ((s + 1) & 0xFF))
            place |= byte_at(memory, 0x100 | ((s + 2) & 0xFF)) << 8
            then = (place + 1) & 0xFFFF
            if then == stop_pc or then == stop_pc + 1:
                break
            s = (s + 2) & 0xFF
        # Loads.
        elif group == on.LDA_IMM:
            a = last = byte
        elif group == on.LDX_IMM:
            x = last = byte
        elif group == on.LDY_IMM:
            y = last = byte
        elif group == on.LDA_ZP:
            a = last = byte_at(memory, byte)
        elif group == on.LDX_ZP:
            x = last = byte_at(memory, byte)
        elif group == on.LDY_ZP:
            y = last = byte_at(memory, byte)
        elif group == on.LDA_ZPX:
            a = last = byte_at(memory, (byte + x) & 0xFF)
        elif group == on.LDY_ZPX:
            y = last = byte_at(memory, (byte + x) & 0xFF)
        elif group == on.LDX_ZPY:
            x = last = byte_at(memory, (byte + y) & 0xFF)
        elif group == on.LDA_ABS:
            place = operand_word(memory, pc, byte)
            if RAM_END <= place < MAPPED:
                break
            a = last = byte_at(memory, place)
            then += 1
        elif group == on.LDXY_ABS:
            place = operand_word(memory, pc, byte)
            if RAM_END <= place < MAPPED:
                break
            last = byte_at(memory, place)
            x = last if opcode == 0xAE else x
            y = last if opcode == 0xAC else y
            then += 1
        elif group == on.LDAY_ABX:
            word = operand_word(memory, pc, byte)
            place = (word + x) & 0xFFFF
            if RAM_END <= place < MAPPED:
                break
            last = byte_at(memory, place)
            a = last if opcode == 0xBD else a
            y = last if opcode == 0xBC else y
            cycle += page_crossed(word, place)
            then += 1
        elif group == on.LDAX_ABY:
            word = operand_word(memory, pc, byte)
            place = (word + y) & 0xFFFF
            if RAM_END <= place < MAPPED:
                break
            last = byte_at(memory, place)
            a = last if opcode == 0xB9 else a
            x = last if opcode == 0xBE else x
            cycle += page_crossed(word, place)
            then += 1
        elif group == on.LDA_IZY:
            word = pointer_at(memory, byte)
            place = (word + y) & 0xFFFF
            if RAM_END <= place < MAPPED:
                break
            a = last = byte_at(memory, place)
            cycle += page_crossed(word, place)
        # Stores.
        elif group == on.STA_ZP:
            memory[byte] = a
        elif group == on.STX_ZP:
            memory[byte] = x
        elif group == on.STY_ZP:
            memory[byte] = y
        elif group == on.STA_ZPX:
            memory[(byte + x) & 0xFF] = a
        elif group == on.STY_ZPX:
            memory[(byte + x) & 0xFF] = y
        elif group == on.ST_ABS:
            place = operand_word(memory, pc, byte)
            value = a if opcode == 0x8D else x if opcode == 0x8E else y
            if place < RAM_END:
                memory[place] = value
            else:
                target, sent, wake_cycle = place, value, cycle
            then += 1
        elif group == on.STA_ABXY:
            place = (operand_word(memory, pc, byte) + (x if opcode == 0x9D else y)) & 0xFFFF
            if place < RAM_END:
                memory[place] = a
            else:
                target, sent, wake_cycle = place, a, cycle
            then += 1
        elif group == on.STA_IZY:
            place = (pointer_at(memory, byte) + y) & 0xFFFF
            if place < RAM_END:
                memory[place] = a
            else:
                target, sent, wake_cycle = place, a, cycle
        # Registers, flags and the stack: one byte.
        elif group == on.INX:
            x = last = (x + 1) & 0xFF
            then -= 1
        elif group == on.DEX:
            x = last = (x - 1) & 0xFF
            then -= 1
        elif group == on.INY:
            y = last = (y + 1) & 0xFF
            then -= 1
        elif group == on.DEY:
            y = last = (y - 1) & 0xFF
            then -= 1
        elif group == on.TAX:
            x = last = a
            then -= 1
        elif group == on.TAY:
            y = last = a
            then -= 1
        elif group == on.TXA:
            a = last = x
            then -= 1
        elif group == on.TYA:
            a = last = y
            then -= 1
        elif group == on.SET_CARRY:
            carry = opcode >> 5 & 1
            then -= 1
        elif group == on.NOP:
            then -= 1
        elif group == on.PHA:
            memory[0x100 | (s & 0xFF)] = a
            s = (s - 1) & 0xFF
            then -= 1
        elif group == on.PLA:
            s = (s + 1) & 0xFF
            a = last = byte_at(memory, 0x100 | s)
            then -= 1
        # Arithmetic and logic.
        elif group == on.ORA_IMM:
            a = last = a | byte
        elif group == on.AND_IMM:
            a = last = a & byte
        elif group == on.EOR_IMM:
            a = last = a ^ byte
        elif group == on.ORA_ZP:
            a = last = a | byte_at(memory, byte)
        elif group == on.AND_ZP:
            a = last = a & byte_at(memory, byte)
        elif group == on.EOR_ZP:
            a = last = a ^ byte_at(memory, byte)
        elif group == on.ADC_IMM:
            a, last, carry, p = _operate(_ADC, a, byte, last, carry, p)
        elif group == on.ADC_ZP:
            a, last, carry, p = _operate(_ADC, a, byte_at(memory, byte), last, carry, p)
        elif group == on.SBC_IMM:
            a, last, carry, p = _operate(_SBC, a, byte, last, carry, p)
        elif group == on.SBC_ZP:
            a, last, carry, p = _operate(_SBC, a, byte_at(memory, byte), last, carry, p)
        elif group == on.CMP_IMM:
            carry, last = _compare(a, byte)
        elif group == on.CPX_IMM:
            carry, last = _compare(x, byte)
        elif group == on.CPY_IMM:
            carry, last = _compare(y, byte)
        elif group == on.CMP_ZP:
            carry, last = _compare(a, byte_at(memory, byte))
        elif group == on.CPX_ZP:
            carry, last = _compare(x, byte_at(memory, byte))
        elif group == on.CPY_ZP:
            carry, last = _compare(y, byte_at(memory, byte))
        elif group == on.SHIFT_UP:
            value = a << 1 | (carry if opcode == 0x2A else 0)
            carry = value >> 8
            a = last = value & 0xFF
            then -= 1
        elif group == on.SHIFT_DOWN:
            value = a | (carry << 8 if opcode == 0x6A else 0)
            carry = a & 1
            a = last = value >> 1
            then -= 1
        # Changes of a byte in RAM.
        elif group == on.INC_ZP:
            last = (byte_at(memory, byte) + 1) & 0xFF
            memory[byte] = last
        elif group == on.DEC_ZP:
            last = (byte_at(memory, byte) - 1) & 0xFF
            memory[byte] = last
        elif group == on.CHANGE_ZPX:
            place = (byte + x) & 0xFF
            last = (byte_at(memory, place) + (1 if opcode == 0xF6 else -1)) & 0xFF
            memory[place] = last
        elif group == on.CHANGE_ABS:
            place = (operand_word(memory, pc, byte) + (x if opcode & 0x10 else 0)) & 0xFFFF
            if place >= RAM_END:
                break
            last = (byte_at(memory, place) + (1 if opcode & 0x20 else -1)) & 0xFF
            memory[place] = last
            then += 1
        elif group == on.SHIFT_UP_ZP:
            value = byte_at(memory, byte) << 1 | (carry if opcode == 0x26 else 0)
            carry, last = value >> 8, value & 0xFF
            memory[byte] = last
        elif group == on.SHIFT_DOWN_ZP:
            value = byte_at(memory, byte) | (carry << 8 if opcode == 0x66 else 0)
            carry, last = value & 1, value >> 1
            memory[byte] = last
        # The rest.
        elif group == on.JMP_IND:  # the pointer's high byte comes from the same page
            place = operand_word(memory, pc, byte)
            then = byte_at(memory, place)
            then |= byte_at(memory, (place & 0xFF00) | ((place + 1) & 0xFF)) << 8
        elif group == on.BIT:
            place = byte if opcode == 0x24 else operand_word(memory, pc, byte)
            if RAM_END <= place < MAPPED:
                break
            value = byte_at(memory, place)
            p = (p & ~V) | (value & V)
            last = (value & N) << 1 | (1 if value & a else 0)
            then += opcode >> 3 & 1
        elif group == on.ON_A:
            # Arithmetic and logic on A in the other modes.
            mode = opcode & 0x1C
            word = place = (byte + x) & 0xFF
            if mode == _INDIRECT_X:
                word = place = byte_at(memory, place) | byte_at(memory, (place + 1) & 0xFF) << 8
            elif mode == _INDIRECT_Y:
                word = pointer_at(memory, byte)
                place = (word + y) & 0xFFFF
            elif mode != _ZERO_PAGE_X:
                word = place = operand_word(memory, pc, byte)
                if mode != _ABSOLUTE:
                    place = (word + (x if mode == _ABSOLUTE_X else y)) & 0xFFFF
                then += 1
            if RAM_END <= place < MAPPED:
                break
            value = byte_at(memory, place)
            a, last, carry, p = _operate(opcode >> 5, a, value, last, carry, p)
            cycle += page_crossed(word, place)
        else:
            break
        count += 1
        cycle += byte_at(CYCLES, opcode)
        pc = then
    p = (p & ~(N | Z | C)) | (N if last & 0x180 else 0) | (0 if last & 0xFF else Z) | carry
    return a, x, y, s, p, pc, cycle, count, target, sent


@compiled
def _branch(then: int, byte: int, cycle: int, taken: bool) -> tuple[int, int]:
    """Return where a branch leads, and the cycle with what it costs if it is taken."""
    if taken:
        target = (then + ((byte ^ 0x80) - 0x80)) & 0xFFFF
        cycle += 1 + page_crossed(then, target)
        then = target
    return then, cycle


@compiled
def _compare(register: int, value: int) -> tuple[int, int]:
    """Return the carry and the difference's byte."""
    return 1 if register >= value else 0, (register - value) & 0xFF


@compiled
def _operate(
    operation: int, a: int, value: int, last: int, carry: int, p: int
) -> tuple[int, int, int, int]:
    """Do what the highest bits of an opcode stand for: return A, the flags N and Z, C, and V."""
    if operation == _ORA:
        a = last = a | value
    elif operation == _AND:
        a = last = a & value
    elif operation == _EOR:
        a = last = a ^ value
    elif operation == _LDA:
        a = last = value
    elif operation == _CMP:
        carry, last = _compare(a, value)
    else:
        value ^= 0xFF if operation == _SBC else 0
        total = a + value + carry
        p = (p & ~V) | ((a ^ total) & (value ^ total) & 0x80) >> 1
        carry = total >> 8
        a = last = total & 0xFF
    return a, last, carry, p
