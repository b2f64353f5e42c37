"""The compiled 6502 does what py65's does, opcode by opcode, and the undocumented ones by rule."""

import numpy as np
import pytest
from py65.devices.mpu6502 import MPU

from synth.formats import nsf_bus as bus
from synth.formats.cpu6502 import JAMMED, OUT_OF_TIME
from synth.formats.opcodes import OFFICIAL, UNOFFICIAL, cycles_of
from tests.synth.formats.machines import Ours

OFFICIAL_OPCODES = sorted(opcode for modes in OFFICIAL.values() for opcode in modes.values())

DECIMAL = 0x08


@pytest.mark.parametrize("seed", range(8))
def test_random_instructions_do_what_py65_does(seed: int) -> None:
    """From random registers and memory, every official opcode gives py65's registers and memory.

    Each of the 151 opcodes is tried a dozen times a seed, cycle counts included. Decimal mode,
    which the 2A03 lacks, stays off; no code runs on the stack, where py65 reads a call's target
    after the pushes.
    """
    rng = np.random.default_rng(seed)
    memory = rng.integers(0, 256, 65_536, dtype=np.uint8)
    theirs = MPU(memory=memory.tolist())
    ours = Ours(memory)
    for opcode in np.tile(OFFICIAL_OPCODES, 12).tolist():
        pc, a, x, y, s = (int(v) for v in rng.integers([0x200, 0, 0, 0, 0], [65_533, *[256] * 4]))
        p = (int(rng.integers(256)) | 0x30) & ~DECIMAL
        memory[pc] = theirs.memory[pc] = opcode
        theirs.pc, theirs.a, theirs.x, theirs.y, theirs.sp, theirs.p = pc, a, x, y, s, p
        ours.set(pc=pc, a=a, x=x, y=y, s=s, p=p)
        before = theirs.processorCycles, int(ours.state[bus.CYCLE])
        theirs.step()
        assert ours.run(1) == OUT_OF_TIME
        said = (
            f"opcode ${opcode:02X} at ${pc:04X}, A X Y S P {a:02X} {x:02X} {y:02X} {s:02X} {p:02X}"
        )
        # Whether the two bits of P that no flip-flop holds read as ones is a matter of taste.
        expected = (theirs.pc, theirs.a, theirs.x, theirs.y, theirs.sp, theirs.p | 0x30)
        got = ours.registers()
        assert (*got[:5], got[5] | 0x30) == expected, said
        took = theirs.processorCycles - before[0], int(ours.state[bus.CYCLE]) - before[1]
        # py65 1.2 counts 3 cycles for DEC absolute; the programming manual says 6.
        assert took[1] == (6 if opcode == 0xCE else took[0]), said
    assert memory.tolist() == theirs.memory


@pytest.mark.parametrize("seed", range(4))
def test_random_programs_run_as_in_py65(seed: int) -> None:
    """Thousands of instructions in a row, jumping where they will, leave the same memory."""
    rng = np.random.default_rng(100 + seed)
    # No jam, no unofficial opcode, and no way to set the decimal flag.
    harmless = [op for op in OFFICIAL_OPCODES if op not in (0xF8, 0x28, 0x40)]
    memory = rng.choice(np.array(harmless, dtype=np.uint8), 65_536)
    theirs = MPU(memory=memory.tolist())
    theirs.pc, theirs.sp, theirs.p = 0x8000, 0xFF, 0x30
    ours = Ours(memory)
    ours.set(pc=0x8000, s=0xFF, p=0x30)
    known = set(OFFICIAL_OPCODES)
    for step in range(5_000):
        # Programs write over themselves; what they make of it may be none we compare.
        if theirs.memory[theirs.pc] not in known or theirs.p & DECIMAL:
            break
        theirs.step()
        ours.run(1)
        got = ours.registers()
        expected = (theirs.pc, theirs.a, theirs.x, theirs.y, theirs.sp, theirs.p | 0x30)
        assert (*got[:5], got[5] | 0x30) == expected, f"step {step}"
    assert memory.tolist() == theirs.memory


@pytest.mark.parametrize(
    ("name", "first", "then"),
    [("SLO", "ASL", "ORA"), ("RLA", "ROL", "AND"), ("SRE", "LSR", "EOR"), ("RRA", "ROR", "ADC"),
     ("DCP", "DEC", "CMP"), ("ISC", "INC", "SBC")],
)  # fmt: skip
def test_an_undocumented_pair_is_its_two_halves(name: str, first: str, then: str) -> None:
    """SLO is ASL then ORA, and so on for the six, in A, flags and memory (by absolute address)."""
    rng = np.random.default_rng(7)
    for _ in range(50):
        value, a, p = (int(v) for v in rng.integers(0, 256, 3))
        p = (p | 0x30) & ~DECIMAL
        results = []
        for code in (
            bytes((UNOFFICIAL[name]["abs"], 0x34, 0x12, *[0xEA] * 3)),
            bytes((OFFICIAL[first]["abs"], 0x34, 0x12, OFFICIAL[then]["abs"], 0x34, 0x12)),
        ):
            memory = np.zeros(65_536, dtype=np.uint8)
            memory[0x200 : 0x200 + len(code)] = np.frombuffer(code, dtype=np.uint8)
            memory[0x1234] = value
            cpu = Ours(memory)
            cpu.set(pc=0x200, a=a, p=p)
            while cpu.registers()[0] < 0x206:
                cpu.run(1)
            results.append((cpu.registers(), int(memory[0x1234])))
        assert results[0] == results[1]
        assert cycles_of(name, "abs") == (6, False)


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("A7 10", {"a": 1, "x": 2}, {"a": 0x5A, "x": 0x5A}),  # LAX $10
        ("87 11", {"a": 0xF3, "x": 0x3F}, {"m11": 0x33}),  # SAX $11
        ("0B C0", {"a": 0x81}, {"a": 0x80, "p": 0xB1}),  # ANC #$C0: carry is bit 7
        ("4B FF", {"a": 0x81}, {"a": 0x40, "p": 0x31}),  # ALR #$FF
        ("6B FF", {"a": 0xFF, "p": 0x31}, {"a": 0xFF, "p": 0xB1}),  # ARR: C bit 6, V bits 6 and 5
        ("6B 80", {"a": 0x80, "p": 0x30}, {"a": 0x40, "p": 0x71}),
        ("CB 05", {"a": 0x0F, "x": 0x3C}, {"x": 0x07, "p": 0x31}),  # SBX: (A & X) - 5
        ("EB 01", {"a": 5, "p": 0x31}, {"a": 4, "p": 0x31}),  # SBC
        ("BB 10 00", {"s": 0xF0, "a": 1}, {"a": 0x50, "x": 0x50, "s": 0x50}),  # LAS $0010,Y
        ("1C FF 01", {"x": 1, "a": 9}, {"a": 9, "cycles": 5}),  # NOP $01FF,X crosses a page
        ("8B 3C", {"a": 0x12, "x": 0xF0}, {"a": 0x30, "x": 0xF0}),  # XAA: X & #, as on most 2A03s
        ("AB 81", {"a": 0x12, "p": 0x30}, {"a": 0x81, "x": 0x81, "p": 0xB0}),  # LXA: #
        # The stored byte is masked by the high byte of the base, one further.
        ("9C 00 06", {"x": 0x20, "y": 0xFF}, {"m620": 0x07, "cycles": 5}),  # SHY $0600,X
        ("9E 00 06", {"y": 0x20, "x": 0xFE}, {"m620": 0x06}),  # SHX $0600,Y
        ("9F 00 06", {"y": 0x20, "a": 0x0D, "x": 0xF7}, {"m620": 0x05}),  # SHA $0600,Y: A & X & 7
        ("93 20", {"y": 0x20, "a": 0xFF, "x": 0x03}, {"m620": 0x03, "cycles": 6}),  # SHA ($20),Y
        ("9B 00 06", {"y": 0x20, "a": 0x3D, "x": 0xF7}, {"m620": 0x05, "s": 0x35}),  # TAS $0600,Y
        # Across a page, the byte is the address's high byte too: $06F0 + $30 -> $0320.
        ("9C F0 06", {"x": 0x30, "y": 0x03}, {"m620": 0x00, "m320": 0x03}),
    ],
)
def test_an_undocumented_opcode_by_hand(
    code: str, before: dict[str, int], after: dict[str, int]
) -> None:
    """Results worked out by hand from the descriptions of the undocumented opcodes."""
    memory = np.zeros(65_536, dtype=np.uint8)
    program = bytes.fromhex(code)
    memory[0x200 : 0x200 + len(program)] = np.frombuffer(program, dtype=np.uint8)
    memory[0x10] = 0x5A
    memory[0x21] = 0x06
    cpu = Ours(memory)
    cpu.set(pc=0x200, p=0x30)
    cpu.set(**before)
    cpu.run(1)
    pc, a, x, y, s, p = cpu.registers()
    got = {"pc": pc, "a": a, "x": x, "y": y, "s": s, "p": p, "m11": int(memory[0x11]),
           "m620": int(memory[0x620]), "m320": int(memory[0x320]),
           "cycles": int(cpu.state[bus.CYCLE])}  # fmt: skip
    assert {key: got[key] for key in after} == after
    assert pc == 0x200 + len(program)


def test_what_cannot_run_stops_at_the_opcode() -> None:
    """A jam stops with its status and the counter on the spot."""
    for opcode in (0x02, 0x42, 0xF2):
        memory = np.full(65_536, 0xEA, dtype=np.uint8)
        memory[0x0210] = opcode
        cpu = Ours(memory)
        cpu.set(pc=0x200)
        assert cpu.run(1000) == JAMMED
        assert cpu.registers()[0] == 0x210
