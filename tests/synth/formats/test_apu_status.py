"""What a program reads at $4015, cycle by cycle, against tables worked by hand."""

import numpy as np
import pytest

from synth.chip.hardware import NTSC, PAL, Region
from synth.formats import nsf_bus as bus
from synth.formats.apu_status import power_up
from synth.formats.cpu6502 import run

STA_A, LDA_A = 0x8D, 0xAD


class Program:
    """A CPU that is told when to write and when to read."""

    def __init__(self, region: Region = NTSC) -> None:
        self.memory = np.zeros(65_536, dtype=np.uint8)
        self.state = np.zeros(bus.STATE_SIZE, dtype=np.int64)
        self.state[bus.RAM_TOP] = 0x8000
        self.apu = power_up(region)
        self.events = np.zeros((64, 3), dtype=np.int64)

    def access(self, cycle: int, opcode: int, address: int, a: int) -> int:
        """Run LDA or STA absolute such that its last cycle is `cycle`."""
        self.memory[0x8000:0x8003] = opcode, address & 0xFF, address >> 8
        self.state[bus.PC], self.state[bus.CYCLE], self.state[bus.A] = 0x8000, cycle - 3, a
        self.state[bus.N_EVENTS] = 0
        rom = np.zeros(0, dtype=np.uint8)
        run(self.state, self.memory, rom, self.events, self.apu, cycle, 1)
        return int(self.state[bus.A])

    def write(self, cycle: int, address: int, value: int) -> None:
        """Write at a cycle."""
        self.access(cycle, STA_A, address, value)

    def read(self, cycle: int) -> int:
        """Read $4015 at a cycle."""
        return self.access(cycle, LDA_A, 0x4015, 0)


@pytest.mark.parametrize(
    ("offset", "first", "again"),
    [
        # The last step falls 29,829 cycles after the sequencer starts; the flag is up one before.
        (29_827, 0, 1),
        (29_828, 1, 1),  # read while it is being raised: it stays
        (29_829, 1, 1),
        (29_830, 1, 0),  # the third and last time: it is gone
        (29_900, 1, 0),
    ],
)
@pytest.mark.parametrize("parity", [0, 1])
def test_the_frame_interrupts_flag(offset: int, first: int, again: int, parity: int) -> None:
    """Raised in three cycles in a row, read as bit 6, cleared by the reading."""
    program = Program()
    start = 1000 + parity
    program.write(start, 0x4017, 0x00)
    began = start + (4 if parity else 3)  # in the second cycle of the next APU cycle
    assert program.read(began + offset) >> 6 == first
    assert program.read(began + offset + 10) >> 6 == again


def test_the_flag_can_be_switched_off() -> None:
    """$4017 with bit 6 drops the flag; five steps raise none."""
    program = Program()
    program.write(100, 0x4017, 0x00)
    program.write(40_000, 0x4017, 0x40)
    assert program.read(40_010) == 0
    program.write(50_000, 0x4017, 0x80)
    assert program.read(150_000) == 0


@pytest.mark.parametrize(
    ("region", "half_frames"),
    [(NTSC, (14_913, 29_829)), (PAL, (16_627, 33_253))],
    ids=["ntsc", "pal"],
)
def test_length_counters_to_the_cycle(region: Region, half_frames: tuple[int, int]) -> None:
    """Length 2 is over at the second half frame; a halted one never; a disabled one at once."""
    program = Program(region)
    program.write(10, 0x4015, 0x0F)
    program.write(20, 0x4017, 0x40)
    began = 23
    program.write(100, 0x4003, 0x18)  # pulse 1: length 2
    program.write(104, 0x4004, 0x20)  # pulse 2, halted
    program.write(108, 0x4007, 0x18)
    program.write(112, 0x400B, 0x18)
    assert program.read(began + half_frames[0]) == 0b0111
    assert program.read(began + half_frames[1] - 1) == 0b0111
    assert program.read(began + half_frames[1]) == 0b0010
    program.write(200_000, 0x4015, 0x0D)
    assert program.read(200_004) == 0


def test_the_dmcs_bit_and_its_interrupt() -> None:
    """The bit is up until the last byte is read, when the interrupt's comes, if it is asked for."""
    program = Program()
    program.write(10, 0x4010, 0x8F)  # 54 cycles a bit, with its interrupt
    program.write(20, 0x4013, 0x00)  # one byte
    program.write(30, 0x4015, 0x10)
    assert program.read(40) == 0x80  # the buffer was empty, so it is read
    assert program.read(50) == 0x80  # reading does not acknowledge it
    program.write(60, 0x4015, 0x00)
    assert program.read(70) == 0
    program.write(80, 0x4013, 0x01)  # 17 bytes; the buffer holds one still
    program.write(90, 0x4015, 0x10)
    assert program.read(17 * 8 * 54) == 0x10
    assert program.read(19 * 8 * 54) == 0x80
