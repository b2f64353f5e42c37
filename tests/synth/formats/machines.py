"""The compiled 6502 with memory of its own."""

import numpy as np

from synth.chip.hardware import NTSC
from synth.formats import nsf_bus as bus
from synth.formats.apu_status import power_up
from synth.formats.cpu6502 import run

NO_ROM = np.zeros(0, dtype=np.uint8)


class Ours:
    """Our CPU over plain RAM, one instruction at a time."""

    def __init__(self, memory: np.ndarray, nsf: bool = False) -> None:
        self.memory = memory
        self.state = np.zeros(bus.STATE_SIZE, dtype=np.int64)
        self.state[bus.RAM_TOP] = 0x8000
        self.events = np.zeros((64, 3), dtype=np.int64)
        self.apu = power_up(NTSC)
        self.nsf = nsf

    def set(self, **registers: int) -> None:
        """Set registers by name."""
        for name, value in registers.items():
            self.state[getattr(bus, name.upper())] = value

    def run(self, cycles: int) -> int:
        """Run until `cycles` have gone by; 1 is one instruction."""
        stop = int(self.state[bus.CYCLE]) + cycles
        return run(self.state, self.memory, NO_ROM, self.events, self.apu, stop, self.nsf)

    def registers(self) -> tuple[int, ...]:
        """Return PC, A, X, Y, S and P."""
        s = self.state
        return tuple(int(s[i]) for i in (bus.PC, bus.A, bus.X, bus.Y, bus.S, bus.P))
