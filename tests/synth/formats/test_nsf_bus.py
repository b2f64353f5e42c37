"""Programs see RAM, banks and the sound chip where an NSF has them."""

import numpy as np

from synth.formats import nsf_bus as bus
from synth.formats.cpu6502 import RETURNED, STOP_PC
from tests.synth.formats.machines import Ours


def test_the_players_bus() -> None:
    """RAM is mirrored, ROM is not written, sound writes are noted with the cycle of the write."""
    program = bytes.fromhex(
        "A90F 8D1540"  # LDA #$0F, STA $4015: the write falls on cycle 2 + 4 - 1 = 5
        "8D0090"  # STA $9000
        "8D0518"  # STA $1805, a mirror of $0005
        "8D1440"  # STA $4014: sprite DMA, no sound
        "A281 8E0B40"  # LDX #$81, STX $400B: loads the triangle's length counter
        "AE1540"  # LDX $4015: the triangle sounds
        "60"  # RTS
    )
    memory = np.zeros(65_536, dtype=np.uint8)
    memory[0x8000 : 0x8000 + len(program)] = np.frombuffer(program, dtype=np.uint8)
    stop = STOP_PC - 1
    memory[0x1FE], memory[0x1FF] = stop & 0xFF, stop >> 8
    cpu = Ours(memory, nsf=True)
    cpu.set(pc=0x8000, s=0xFD)
    assert cpu.run(1000) == RETURNED
    assert cpu.state[bus.N_EVENTS] == 2
    assert cpu.events[0].tolist() == [5, 0x4015, 0x0F]
    assert cpu.events[1].tolist() == [6 + 4 + 4 + 4 + 2 + 3, 0x400B, 0x81]
    assert memory[0x9000] == 0
    assert memory[5] == 0x0F
    assert cpu.registers()[2] == 0b0100
