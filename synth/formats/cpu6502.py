"""The compiled 6502: runs code in 64 KB of memory and logs writes to the 2A03.

The 2A03's 6502 has no decimal mode: `D` is kept as a flag and changes nothing. All opcodes run, the
unstable ones as most chips run them; a jam stops with a status.

References
----------
NESdev wiki: "CPU interrupts", "CPU unofficial opcodes", "DMA".
"""

from typing import Final

from synth.formats import cpu_tables as ops
from synth.formats.apu_status import next_fetch, read_status, take_fetch
from synth.formats.cpu_addressing import find_operand, page_crossed
from synth.formats.cpu_arithmetic import add, change, compare, is_taken, nz, push_interrupt, shift
from synth.formats.cpu_common import run_common
from synth.formats.cpu_tables import B, C, D, I, N, U, V, Z
from synth.formats.cpu_undocumented import load_undocumented, store_undocumented
from synth.formats.nsf_bus import (
    CYCLE,
    INTERRUPTS,
    LISTENS,
    N_EVENTS,
    N_INSTRUCTIONS,
    PC,
    A,
    P,
    S,
    Vector,
    X,
    Y,
    asked_cycle,
    byte_at,
    read_timer,
    store,
)
from synth.kernels import compiled, kernel

# What stopped `run`.
RETURNED, OUT_OF_TIME, EVENTS_FULL, JAMMED = range(4)

# Where calls return to. Nothing is mapped there, so no code runs there by accident.
STOP_PC: Final = 0x4F00
RESUME_PC: Final = 0x4F01  # after a call that suspended another

_NOTICED: Final = 2
_INTERRUPT_CYCLES: Final = 7


@kernel(state="int64[:]", memory="uint8[:]", rom="uint8[:]", events="int64[:,:]", apu="int64[:]")
def run(
    state: Vector,
    memory: Vector,
    rom: Vector,
    events: Vector,
    apu: Vector,
    stop_cycle: int,
    nsf: bool,
) -> int:
    """Run instructions until `STOP_PC` is reached or something else ends it.

    Parameters
    ----------
    state
        Registers and counters, int64, shape (STATE_SIZE,); kept up to date, so that a run can be
        taken up again.
    memory
        The CPU's address space, uint8, shape (65536,).
    rom
        Banks of 4096 bytes that $5FF6-$5FFF map in, uint8, shape (n_banks * 4096,).
    events
        Receives cycle, address and value of each write to a sound or bank register, int64, shape
        (n, 3), from row ``state[N_EVENTS]`` on.
    apu
        What $4015 is read from (see `synth.formats.apu_status`).
    stop_cycle
        Cycle at which to pause.
    nsf
        Whether memory is laid out as an NSF player's; if not, all of it is plain RAM.

    Returns
    -------
    int
        `RETURNED`, `OUT_OF_TIME`, `EVENTS_FULL` or `JAMMED`. After the last the program counter
        points to the opcode at fault.
    """
    a, x, y, s, p = state[A], state[X], state[Y], state[S], state[P]
    pc, cycle = state[PC], state[CYCLE]
    instructions = 0
    last_event = events.shape[0] - 4  # an instruction makes two at most
    wake_cycle = cycle  # when something else than an instruction is due
    masked = p & I  # as the CPU sees it when it looks for interrupts
    while True:
        if cycle >= wake_cycle:
            idle = nsf and pc == STOP_PC
            if (nsf and pc == RESUME_PC) or (idle and not state[INTERRUPTS]):
                status = RETURNED
                break
            if cycle >= stop_cycle:
                status = OUT_OF_TIME
                break
            if state[N_EVENTS] > last_event:
                status = EVENTS_FULL
                break
            wake_cycle = stop_cycle
            if nsf:
                fetch_cycle = next_fetch(apu)
                if fetch_cycle <= cycle:
                    cycle += take_fetch(apu, memory, fetch_cycle)
                    fetch_cycle = next_fetch(apu)
                wake_cycle = min(wake_cycle, fetch_cycle)
                if not masked:
                    # The CPU looks for an interrupt before an instruction's last cycle.
                    asked = asked_cycle(state, memory, apu, cycle - _NOTICED) + _NOTICED
                    wake_cycle = min(wake_cycle, asked)
                    if asked <= cycle:
                        s = push_interrupt(memory, s, pc, p & ~B)
                        p |= I
                        pc = byte_at(memory, 0xFFFE) | byte_at(memory, 0xFFFF) << 8
                        cycle += _INTERRUPT_CYCLES
                        masked = I
                        continue
                if masked != p & I:  # one instruction sees the flag as it was
                    masked = p & I
                    wake_cycle = cycle + 1
            if idle:
                cycle = max(cycle, wake_cycle)
                continue
        a, x, y, s, p, pc, cycle, count, address, written = run_common(
            memory, a, x, y, s, p, pc, cycle, wake_cycle, STOP_PC
        )
        instructions += count
        if written >= 0:
            cycle += _write(state, memory, rom, events, apu, cycle - 1, address, written, nsf)
            if 0x4010 <= address <= 0x401D or state[N_EVENTS] > last_event:
                wake_cycle = cycle
            continue
        if count and cycle >= wake_cycle:
            continue
        opcode = byte_at(memory, pc)
        op, mode = ops.OPERATION[opcode], ops.MODE[opcode]
        if op == ops.JAM:
            status = JAMMED
            break
        instructions += 1
        byte, address, base, pc = find_operand(memory, mode, pc, x, y)
        took = byte_at(ops.CYCLES, opcode)
        took += page_crossed(base, address) * byte_at(ops.PAGE_CYCLE, opcode)
        now = cycle + took - 1  # the bus access that matters is an instruction's last
        if nsf and ops.IMM < mode < ops.REL and not ops.ONLY_WRITES[opcode]:
            if address < 0x2000:
                address &= 0x7FF  # RAM and its mirrors
            elif address == 0x4015:
                memory[0x4015] = read_status(apu, memory, now)
                state[LISTENS] = 1
                wake_cycle = cycle
            elif 0x401B <= address <= 0x401D:
                memory[address] = read_timer(state, now, address)
                wake_cycle = cycle

        # Loads and stores.
        if op == ops.LDA:
            a = byte_at(memory, address)
            p = nz(p, a)
        elif op == ops.STA:
            written = a
        elif op == ops.LDX:
            x = byte_at(memory, address)
            p = nz(p, x)
        elif op == ops.LDY:
            y = byte_at(memory, address)
            p = nz(p, y)
        elif op == ops.STX:
            written = x
        elif op == ops.STY:
            written = y
        # Branches.
        elif mode == ops.REL:
            if is_taken(op, p):
                target = (pc + ((byte ^ 0x80) - 0x80)) & 0xFFFF
                took += 1 + page_crossed(pc, target)
                pc = target
        # Arithmetic and logic on A.
        elif op in (ops.ADC, ops.SBC):
            value = byte_at(memory, address)
            a, p = add(a, value ^ 0xFF if op == ops.SBC else value, p)
        elif op == ops.AND:
            a &= byte_at(memory, address)
            p = nz(p, a)
        elif op == ops.ORA:
            a |= byte_at(memory, address)
            p = nz(p, a)
        elif op == ops.EOR:
            a ^= byte_at(memory, address)
            p = nz(p, a)
        elif op == ops.CMP:
            p = compare(p, a, byte_at(memory, address))
        elif op == ops.CPX:
            p = compare(p, x, byte_at(memory, address))
        elif op == ops.CPY:
            p = compare(p, y, byte_at(memory, address))
        elif op == ops.BIT:
            value = byte_at(memory, address)
            p = (p & ~(N | V | Z)) | (value & (N | V)) | (0 if value & a else Z)
        # Registers and flags.
        elif op == ops.INX:
            x = (x + 1) & 0xFF
            p = nz(p, x)
        elif op == ops.DEX:
            x = (x - 1) & 0xFF
            p = nz(p, x)
        elif op == ops.INY:
            y = (y + 1) & 0xFF
            p = nz(p, y)
        elif op == ops.DEY:
            y = (y - 1) & 0xFF
            p = nz(p, y)
        elif op == ops.TAX:
            x = a
            p = nz(p, x)
        elif op == ops.TAY:
            y = a
            p = nz(p, y)
        elif op == ops.TXA:
            a = x
            p = nz(p, a)
        elif op == ops.TYA:
            a = y
            p = nz(p, a)
        elif op == ops.TSX:
            x = s
            p = nz(p, x)
        elif op == ops.TXS:
            s = x
        elif op == ops.CLC:
            p &= ~C
        elif op == ops.SEC:
            p |= C
        elif op == ops.CLI:
            p &= ~I
            wake_cycle = cycle
        elif op == ops.SEI:
            p |= I
            wake_cycle = cycle
        elif op == ops.CLV:
            p &= ~V
        elif op == ops.CLD:
            p &= ~D
        elif op == ops.SED:
            p |= D
        # Jumps and the stack.
        elif op == ops.JMP:
            if address == (pc - 3) & 0xFFFF and wake_cycle - cycle > 2 * took:
                cycle += (wake_cycle - cycle) // took * took - took  # round and round till then
            pc = address
        elif op == ops.JSR:
            back = (pc - 1) & 0xFFFF
            memory[0x100 | s] = back >> 8
            memory[0x100 | ((s - 1) & 0xFF)] = back & 0xFF
            s = (s - 2) & 0xFF
            # The target's high byte is fetched last, which matters to a call from the stack page.
            pc = (address & 0xFF) | byte_at(memory, back) << 8
        elif op == ops.RTS:
            low = byte_at(memory, 0x100 | ((s + 1) & 0xFF))
            s = (s + 2) & 0xFF
            pc = ((low | byte_at(memory, 0x100 | s) << 8) + 1) & 0xFFFF
            if pc in (STOP_PC, RESUME_PC):
                wake_cycle = cycle
        elif op == ops.RTI:
            p = (byte_at(memory, 0x100 | ((s + 1) & 0xFF)) & ~B) | U
            low = byte_at(memory, 0x100 | ((s + 2) & 0xFF))
            s = (s + 3) & 0xFF
            pc = low | byte_at(memory, 0x100 | s) << 8
            masked = p & I
            wake_cycle = cycle
        elif op == ops.BRK:
            s = push_interrupt(memory, s, (pc + 1) & 0xFFFF, p | B)
            p |= I
            pc = byte_at(memory, 0xFFFE) | byte_at(memory, 0xFFFF) << 8
            masked = I
        elif op == ops.PHA:
            memory[0x100 | s] = a
            s = (s - 1) & 0xFF
        elif op == ops.PHP:
            memory[0x100 | s] = p | B | U
            s = (s - 1) & 0xFF
        elif op == ops.PLA:
            s = (s + 1) & 0xFF
            a = byte_at(memory, 0x100 | s)
            p = nz(p, a)
        elif op == ops.PLP:
            s = (s + 1) & 0xFF
            p = (byte_at(memory, 0x100 | s) & ~B) | U
            wake_cycle = cycle
        # Read, change, write; on the way the unchanged value is written too.
        elif mode == ops.ACC:
            a, p = shift(op, a, p)
        elif ops.CHANGES[opcode]:
            value = byte_at(memory, address)
            took += _write(state, memory, rom, events, apu, now - 1, address, value, nsf)
            written, a, p = change(op, value, a, p)
        elif ops.ONLY_WRITES[opcode]:
            written, s, address = store_undocumented(op, a, x, y, s, base, address)
        elif mode == ops.IMM or op in (ops.LAX, ops.LAS):
            a, x, s, p = load_undocumented(op, byte_at(memory, address), a, x, s, p)
        if written >= 0:
            took += _write(state, memory, rom, events, apu, now, address, written, nsf)
            if 0x4010 <= address <= 0x401D or state[N_EVENTS] > last_event:
                wake_cycle = cycle
        cycle += took
    state[A], state[X], state[Y], state[S], state[P] = a, x, y, s, p
    state[PC], state[CYCLE] = pc, cycle
    state[N_INSTRUCTIONS] += instructions
    return status


@compiled
def _write(
    state: Vector,
    memory: Vector,
    rom: Vector,
    events: Vector,
    apu: Vector,
    cycle: int,
    address: int,
    value: int,
    nsf: bool,
) -> int:
    """Write a byte at a cycle, and return the cycles that this halts the CPU."""
    if not nsf:
        memory[address] = value
    elif address < 0x2000:
        memory[address & 0x7FF] = value
    else:
        return int(store(state, memory, rom, events, apu, cycle, address, value))
    return 0
