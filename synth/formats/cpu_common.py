"""The 6502's commonest instructions in a loop of their own, several times as fast as the whole set.

It stops before any instruction that is not among them, that touches anything but RAM and what is
mapped above $5000, or that returns to the player; `synth.formats.cpu6502.run` goes on from there.
Neither interrupts nor the sound chip are changed by what runs here.
"""

from typing import Any

from synth.formats.cpu_tables import C, N, Z
from synth.formats.nsf_bus import Vector, byte_at
from synth.kernels import compiled

RAM_END, MAPPED = 0x800, 0x5000
LAST_PC = 0xFFFC  # an instruction that begins later may wrap around


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
        The registers and the cycle, and how many instructions were run.
    """
    # N is set by bit 7 or 8 of `last`, Z if its low byte is 0; both are put into `p` at the end.
    last = (0 if p & Z else 1) | (p & N) << 1
    carry = p & C
    count = 0
    while cycle < wake_cycle and pc <= LAST_PC:
        opcode = byte_at(memory, pc)
        byte = byte_at(memory, pc + 1)
        # Branches.
        if opcode == 0xD0 or opcode == 0xF0 or opcode == 0x10 or opcode == 0x30:
            if opcode == 0xD0:
                taken = last & 0xFF != 0
            elif opcode == 0xF0:
                taken = last & 0xFF == 0
            elif opcode == 0x10:
                taken = last & 0x180 == 0
            else:
                taken = last & 0x180 != 0
            pc += 2
            cycle += 2
            if taken:
                target = (pc + ((byte ^ 0x80) - 0x80)) & 0xFFFF
                cycle += 2 if (target ^ pc) & 0xFF00 else 1
                pc = target
        elif opcode == 0x90 or opcode == 0xB0:
            taken = (carry != 0) == (opcode == 0xB0)
            pc += 2
            cycle += 2
            if taken:
                target = (pc + ((byte ^ 0x80) - 0x80)) & 0xFFFF
                cycle += 2 if (target ^ pc) & 0xFF00 else 1
                pc = target
        # Immediate.
        elif opcode == 0xA9:
            a = last = byte
            pc += 2
            cycle += 2
        elif opcode == 0xA2:
            x = last = byte
            pc += 2
            cycle += 2
        elif opcode == 0xA0:
            y = last = byte
            pc += 2
            cycle += 2
        elif opcode == 0x29:
            a &= byte
            last = a
            pc += 2
            cycle += 2
        elif opcode == 0x09:
            a |= byte
            last = a
            pc += 2
            cycle += 2
        elif opcode == 0x49:
            a ^= byte
            last = a
            pc += 2
            cycle += 2
        elif opcode == 0xC9:
            carry = 1 if a >= byte else 0
            last = (a - byte) & 0xFF
            pc += 2
            cycle += 2
        elif opcode == 0xE0:
            carry = 1 if x >= byte else 0
            last = (x - byte) & 0xFF
            pc += 2
            cycle += 2
        elif opcode == 0xC0:
            carry = 1 if y >= byte else 0
            last = (y - byte) & 0xFF
            pc += 2
            cycle += 2
        # Page zero.
        elif opcode == 0xA5:
            a = last = byte_at(memory, byte)
            pc += 2
            cycle += 3
        elif opcode == 0xA6:
            x = last = byte_at(memory, byte)
            pc += 2
            cycle += 3
        elif opcode == 0xA4:
            y = last = byte_at(memory, byte)
            pc += 2
            cycle += 3
        elif opcode == 0xB5:
            a = last = byte_at(memory, (byte + x) & 0xFF)
            pc += 2
            cycle += 4
        elif opcode == 0xB4:
            y = last = byte_at(memory, (byte + x) & 0xFF)
            pc += 2
            cycle += 4
        elif opcode == 0x85:
            memory[byte] = a
            pc += 2
            cycle += 3
        elif opcode == 0x86:
            memory[byte] = x
            pc += 2
            cycle += 3
        elif opcode == 0x84:
            memory[byte] = y
            pc += 2
            cycle += 3
        elif opcode == 0x95:
            memory[(byte + x) & 0xFF] = a
            pc += 2
            cycle += 4
        elif opcode == 0xE6:
            last = (byte_at(memory, byte) + 1) & 0xFF
            memory[byte] = last
            pc += 2
            cycle += 5
        elif opcode == 0xC6:
            last = (byte_at(memory, byte) - 1) & 0xFF
            memory[byte] = last
            pc += 2
            cycle += 5
        elif opcode == 0xF6 or opcode == 0xD6:
            place = (byte + x) & 0xFF
            last = (byte_at(memory, place) + (1 if opcode == 0xF6 else -1)) & 0xFF
            memory[place] = last
            pc += 2
            cycle += 6
        elif opcode == 0x25:
            a &= byte_at(memory, byte)
            last = a
            pc += 2
            cycle += 3
        elif opcode == 0x05:
            a |= byte_at(memory, byte)
            last = a
            pc += 2
            cycle += 3
        elif opcode == 0x45:
            a ^= byte_at(memory, byte)
            last = a
            pc += 2
            cycle += 3
        elif opcode == 0xC5:
            value = byte_at(memory, byte)
            carry = 1 if a >= value else 0
            last = (a - value) & 0xFF
            pc += 2
            cycle += 3
        elif opcode == 0x06 or opcode == 0x26:
            value = byte_at(memory, byte) << 1 | (carry if opcode == 0x26 else 0)
            carry = value >> 8
            last = value & 0xFF
            memory[byte] = last
            pc += 2
            cycle += 5
        elif opcode == 0x46 or opcode == 0x66:
            value = byte_at(memory, byte)
            last = value >> 1 | (carry << 7 if opcode == 0x66 else 0)
            carry = value & 1
            memory[byte] = last
            pc += 2
            cycle += 5
        # Sums.
        elif opcode == 0x69 or opcode == 0x65 or opcode == 0xE9 or opcode == 0xE5:
            zero_page = opcode & 4
            value = byte_at(memory, byte) if zero_page else byte
            value ^= 0xFF if opcode & 0x80 else 0
            total = a + value + carry
            p = (p & ~0x40) | ((a ^ total) & (value ^ total) & 0x80) >> 1
            carry = total >> 8
            a = last = total & 0xFF
            pc += 2
            cycle += 3 if zero_page else 2
        # One byte.
        elif opcode == 0xE8:
            x = last = (x + 1) & 0xFF
            pc += 1
            cycle += 2
        elif opcode == 0xCA:
            x = last = (x - 1) & 0xFF
            pc += 1
            cycle += 2
        elif opcode == 0xC8:
            y = last = (y + 1) & 0xFF
            pc += 1
            cycle += 2
        elif opcode == 0x88:
            y = last = (y - 1) & 0xFF
            pc += 1
            cycle += 2
        elif opcode == 0xAA:
            x = last = a
            pc += 1
            cycle += 2
        elif opcode == 0xA8:
            y = last = a
            pc += 1
            cycle += 2
        elif opcode == 0x8A:
            a = last = x
            pc += 1
            cycle += 2
        elif opcode == 0x98:
            a = last = y
            pc += 1
            cycle += 2
        elif opcode == 0x18 or opcode == 0x38:
            carry = opcode >> 5 & 1
            pc += 1
            cycle += 2
        elif opcode == 0x0A or opcode == 0x2A:
            value = a << 1 | (carry if opcode == 0x2A else 0)
            carry = value >> 8
            a = last = value & 0xFF
            pc += 1
            cycle += 2
        elif opcode == 0x4A or opcode == 0x6A:
            value = a >> 1 | (carry << 7 if opcode == 0x6A else 0)
            carry = a & 1
            a = last = value
            pc += 1
            cycle += 2
        elif opcode == 0x48:
            memory[0x100 | s] = a
            s = (s - 1) & 0xFF
            pc += 1
            cycle += 3
        elif opcode == 0x68:
            s = (s + 1) & 0xFF
            a = last = byte_at(memory, 0x100 | s)
            pc += 1
            cycle += 4
        elif opcode == 0x60:
            target = byte_at(memory, 0x100 | ((s + 1) & 0xFF))
            target |= byte_at(memory, 0x100 | ((s + 2) & 0xFF)) << 8
            target = (target + 1) & 0xFFFF
            if target == stop_pc or target == stop_pc + 1:
                break
            s = (s + 2) & 0xFF
            pc = target
            cycle += 6
        # Anywhere in memory.
        elif opcode == 0xB1:
            base = byte_at(memory, byte) | byte_at(memory, (byte + 1) & 0xFF) << 8
            place = (base + y) & 0xFFFF
            if RAM_END <= place < MAPPED:
                break
            a = last = byte_at(memory, place)
            pc += 2
            cycle += 6 if (base ^ place) & 0xFF00 else 5
        else:
            word = byte | byte_at(memory, pc + 2) << 8
            if opcode == 0x4C:
                if word == pc:
                    break
                pc = word
                cycle += 3
            elif opcode == 0x20:
                back = pc + 2
                memory[0x100 | s] = back >> 8
                memory[0x100 | ((s - 1) & 0xFF)] = back & 0xFF
                s = (s - 2) & 0xFF
                pc = byte | byte_at(memory, back) << 8
                cycle += 6
            elif opcode == 0xBD or opcode == 0xB9:
                place = (word + (x if opcode == 0xBD else y)) & 0xFFFF
                if RAM_END <= place < MAPPED:
                    break
                a = last = byte_at(memory, place)
                pc += 3
                cycle += 5 if (word ^ place) & 0xFF00 else 4
            elif opcode == 0xAD or opcode == 0xAE or opcode == 0xAC or opcode == 0xCD:
                if RAM_END <= word < MAPPED:
                    break
                value = byte_at(memory, word)
                last = value
                if opcode == 0xAD:
                    a = value
                elif opcode == 0xAE:
                    x = value
                elif opcode == 0xAC:
                    y = value
                else:
                    carry = 1 if a >= value else 0
                    last = (a - value) & 0xFF
                pc += 3
                cycle += 4
            elif opcode == 0x8D or opcode == 0x8E or opcode == 0x8C:
                if word >= RAM_END:
                    break
                memory[word] = a if opcode == 0x8D else x if opcode == 0x8E else y
                pc += 3
                cycle += 4
            elif opcode == 0x9D or opcode == 0x99:
                place = (word + (x if opcode == 0x9D else y)) & 0xFFFF
                if place >= RAM_END:
                    break
                memory[place] = a
                pc += 3
                cycle += 5
            elif opcode == 0xEE or opcode == 0xCE or opcode == 0xFE or opcode == 0xDE:
                place = (word + (x if opcode & 0x10 else 0)) & 0xFFFF
                if place >= RAM_END:
                    break
                last = (byte_at(memory, place) + (1 if opcode & 0x20 else -1)) & 0xFF
                memory[place] = last
                pc += 3
                cycle += 7 if opcode & 0x10 else 6
            else:
                break
        count += 1
    p = (p & ~(N | Z | C)) | (N if last & 0x180 else 0) | (0 if last & 0xFF else Z) | carry
    return a, x, y, s, p, pc, cycle, count
