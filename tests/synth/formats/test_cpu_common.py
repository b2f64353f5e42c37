"""The common instructions in a loop of their own do what they do one at a time."""

import numpy as np
import pytest

from synth.formats import nsf_bus as bus
from synth.formats.cpu6502 import JAMMED, STOP_PC
from tests.synth.formats.machines import Ours

COMMON = (
    "D0 F0 10 30 90 B0 50 70 A9 A2 A0 29 09 49 C9 E0 C0 A5 A6 A4 B5 B4 B6 85 86 84 95 94 E6 C6 F6 "
    "D6 25 05 45 C5 E4 C4 06 26 46 66 69 65 E9 E5 E8 CA C8 88 AA A8 8A 98 18 38 0A 2A 4A 6A 48 68 "
    "EA 60 B1 91 4C 6C 20 24 2C BD B9 BC BE AD AE AC 8D 8E 8C 9D 99 EE CE FE DE 01 11 0D 15 19 1D "
    "21 31 2D 35 39 3D 41 51 4D 55 59 5D 61 71 6D 75 79 7D A1 C1 D1 CD D5 D9 DD E1 F1 ED F5 F9 FD "
)
UNCOMMON = "78 58 08 28 00 40 BA 9A B8 81 EC 0E 16 96 A7 9F"


def machine(seed: int, nsf: bool) -> Ours:
    """Return a machine whose memory is mostly common instructions, with some others among them."""
    rng = np.random.default_rng(seed)
    opcodes = [int(word, 16) for word in COMMON.split() * 3 + UNCOMMON.split()]
    made = Ours(rng.choice(np.array(opcodes, dtype=np.uint8), 65_536), nsf)
    made.events = np.zeros((60_000, 3), dtype=np.int64)
    pc, a, x, y, s = (int(v) for v in rng.integers([0x8000, 0, 0, 0, 0], [65_536, *[256] * 4]))
    made.set(pc=pc, a=a, x=x, y=y, s=s, p=int(rng.integers(256)) & ~8 | 0x30)
    return made


def step(made: Ours, cycles: int) -> int:
    """Run one instruction at a time until so many cycles have gone by, and return the status."""
    status, until = 0, int(made.state[bus.CYCLE]) + cycles
    while made.state[bus.CYCLE] < until and status != JAMMED:
        if made.nsf and made.state[bus.PC] == STOP_PC:
            break
        status = made.run(1)
    return status


@pytest.mark.parametrize("nsf", [False, True])
@pytest.mark.parametrize("seed", range(60))
def test_thousands_in_one_go_are_as_one_at_a_time(seed: int, nsf: bool) -> None:
    """Registers, memory, cycles, writes to the sound chip and the count are the same."""
    together, alone = machine(seed, nsf), machine(seed, nsf)
    for cycles in (1, 7, 100, 5_000):
        together.run(cycles)
        step(alone, cycles)
        assert together.registers() == alone.registers()
        assert together.state.tolist() == alone.state.tolist()
    assert together.memory.tolist() == alone.memory.tolist()
    events = int(together.state[bus.N_EVENTS])
    assert together.events[:events].tolist() == alone.events[:events].tolist()


@pytest.mark.parametrize("opcode", [0xCA, 0x88])  # DEX, DEY
@pytest.mark.parametrize("start", [0x8010, 0x80FE, 0x80FD])  # the branch back, the next page
@pytest.mark.parametrize("counter", [0, 1, 2, 3, 200])
def test_counting_down_in_one_go_is_as_round_by_round(
    opcode: int, start: int, counter: int
) -> None:
    """A loop of one instruction and a branch leaves what its rounds leave, whenever it is left."""
    for cycles in (4, 5, 6, 7, 11, 12, 13, 900, 1_279, 1_280, 1_281, 3_000):
        together, alone = (Ours(np.full(65_536, 0xEA, dtype=np.uint8)) for _ in range(2))
        for made in (together, alone):
            made.memory[start : start + 3] = opcode, 0xD0, 0xFD
            made.set(pc=start, x=counter, y=counter, s=0xFF, p=0x30)
        together.run(cycles)
        step(alone, cycles)
        assert together.state.tolist() == alone.state.tolist()
