"""The common instructions in a loop of their own do what they do one at a time."""

import numpy as np
import pytest

from synth.formats import nsf_bus as bus
from synth.formats.cpu6502 import JAMMED, STOP_PC
from tests.synth.formats.machines import Ours

COMMON = (
    "D0 F0 10 30 90 B0 A9 A2 A0 29 09 49 C9 E0 C0 A5 A6 A4 B5 B4 85 86 84 95 E6 C6 F6 D6 25 05 "
    "45 C5 06 26 46 66 69 65 E9 E5 E8 CA C8 88 AA A8 8A 98 18 38 0A 2A 4A 6A 48 68 60 B1 4C 20 "
    "BD B9 AD AE AC CD 8D 8E 8C 9D 99 EE CE FE DE "
)
UNCOMMON = "78 58 08 28 24 2C 6D FD 00 40 BA 9A B8 A1 81 91 EA"


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
