"""The waist of the house: the timed writes that the real chip would receive."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.hardware import NTSC, Region
from synth.errors import SynthError

FIRST_ADDRESS: Final = 0x4000
LAST_ADDRESS: Final = 0x4017
NOT_SOUND: Final = (0x4014, 0x4016)  # sprite DMA and controllers share the range


@dataclass(frozen=True, slots=True, eq=False)
class RegisterLog:
    """Writes to the sound registers, in time order.

    Attributes
    ----------
    cycle
        CPU cycles since power-up of each write, int64, shape (n,), never decreasing.
    address
        Register of each write, uint16, shape (n,), $4000–$4013, $4015 or $4017.
    value
        Byte of each write, uint8, shape (n,).
    end_cycle
        Length of the log in CPU cycles, at least the last write's.
    region
        The chip that the cycles are counted on.
    loop_cycle
        Where playing goes on after `end_cycle` if the music loops, else None.
    memory
        Sample data that the DMC reads: pairs of CPU address ($8000–$FFFF) and bytes.

    Raises
    ------
    SynthError
        If the arrays differ in length or break the rules above.
    """

    cycle: NDArray[np.int64]
    address: NDArray[np.uint16]
    value: NDArray[np.uint8]
    end_cycle: int
    region: Region = NTSC
    loop_cycle: int | None = None
    memory: tuple[tuple[int, bytes], ...] = field(default=())

    def __post_init__(self) -> None:
        for name, dtype in (("cycle", np.int64), ("address", np.uint16), ("value", np.uint8)):
            array = np.ascontiguousarray(getattr(self, name), dtype=dtype)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        if not self.cycle.shape == self.address.shape == self.value.shape == (len(self),):
            raise SynthError("a register log needs as many cycles as addresses and values")
        if len(self):
            if self.cycle[0] < 0 or np.any(np.diff(self.cycle) < 0):
                raise SynthError("register writes must be in time order, from cycle 0 on")
            sound = (self.address >= FIRST_ADDRESS) & (self.address <= LAST_ADDRESS)
            sound &= ~np.isin(self.address, NOT_SOUND)
            if not sound.all():
                first = int(self.address[~sound][0])
                raise SynthError(
                    f"${first:04X} is not a sound register ($4000-$4013, $4015, $4017)"
                )
            if self.end_cycle < self.cycle[-1]:
                raise SynthError("a register log cannot end before its last write")
        if self.loop_cycle is not None and not 0 <= self.loop_cycle < self.end_cycle:
            raise SynthError("the loop must begin within the register log")

    def __len__(self) -> int:
        return int(self.cycle.size)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_cycle / self.region.clock_hz
