"""The register log: timed register writes, through which all sound and all exports go."""

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.hardware import NTSC, Region
from synth.errors import SynthError

FIRST_ADDRESS: Final = 0x4000
LAST_ADDRESS: Final = 0x4017
NOT_SOUND: Final = (0x4014, 0x4016)  # sprite DMA and controllers share the range

# Sound chips and the addresses of their registers; the chip column of a log counts along them. The
# voices of each chip are in `synth.chip.voices`.
CHIPS: dict[str, tuple[int, ...]] = {
    "2A03": tuple(
        address for address in range(FIRST_ADDRESS, LAST_ADDRESS + 1) if address not in NOT_SOUND
    ),
}


@cache
def _is_register(chip: int) -> NDArray[np.bool_]:
    """Return for every address whether a chip has a register there."""
    known = np.zeros(0x1_0000, dtype=np.bool_)
    known[list(list(CHIPS.values())[chip])] = True
    return known


@dataclass(frozen=True, slots=True, eq=False)
class RegisterLog:
    """Writes to the sound registers, in time order.

    Attributes
    ----------
    cycle
        CPU cycles since power-up of each write, int64, shape (n,), never decreasing.
    address
        Register of each write, uint16, shape (n,); of the 2A03 $4000–$4013, $4015 or $4017.
    value
        Byte of each write, uint8, shape (n,).
    end_cycle
        Length of the log in CPU cycles, at least the last write's.
    region
        The chip that the cycles are counted on.
    loop_cycle
        Where playing continues after `end_cycle` if the music loops, else None.
    memory
        Sample data that the DMC reads: pairs of CPU address ($8000–$FFFF) and bytes.
    chip
        Which of `CHIPS` receives each write, uint8, shape (n,); all go to the first, the 2A03, if
        it is left out.

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
    chip: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, dtype=np.uint8))

    def __post_init__(self) -> None:
        for name, dtype in (("cycle", np.int64), ("address", np.uint16), ("value", np.uint8)):
            array = np.ascontiguousarray(getattr(self, name), dtype=dtype)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        if not self.cycle.shape == self.address.shape == self.value.shape == (len(self),):
            raise SynthError("a register log needs as many cycles as addresses and values")
        self._set_chip()
        if len(self):
            if self.cycle[0] < 0 or np.any(self.cycle[1:] < self.cycle[:-1]):
                raise SynthError("register writes must be in time order, from cycle 0 on")
            self._check_addresses()
            if self.end_cycle < self.cycle[-1]:
                raise SynthError("a register log cannot end before its last write")
        if self.loop_cycle is not None and not 0 <= self.loop_cycle < self.end_cycle:
            raise SynthError("the loop must begin within the register log")

    def _set_chip(self) -> None:
        chip = np.asarray(self.chip, dtype=np.uint8)
        if not chip.size:
            chip = np.broadcast_to(np.uint8(0), self.cycle.shape)  # takes no memory
        if chip.shape != self.cycle.shape:
            raise SynthError("a register log needs as many chips as cycles")
        chip.setflags(write=False)
        object.__setattr__(self, "chip", chip)

    def _check_addresses(self) -> None:
        present = np.unique(self.chip).tolist() if self.chip.any() else [0]
        if present[-1] >= len(CHIPS):
            raise SynthError(f"chip {present[-1]} is unknown; there are 0-{len(CHIPS) - 1}")
        for number in present:
            here = self.address if present == [number] else self.address[self.chip == number]
            known = _is_register(number)[here]
            if not known.all():
                first = int(here[~known][0])
                raise SynthError(
                    f"${first:04X} is not a sound register of the {list(CHIPS)[number]}"
                )

    def __len__(self) -> int:
        return int(self.cycle.size)

    @property
    def chips(self) -> tuple[str, ...]:
        """The chips that receive writes, in the order of `CHIPS`."""
        present = np.unique(self.chip).tolist() if self.chip.any() else [0] * bool(len(self))
        return tuple(list(CHIPS)[number] for number in present)

    def of_chip(self, name: str = "2A03") -> "RegisterLog":
        """Return the log with the writes of one chip alone, itself if there are no others."""
        number = list(CHIPS).index(name)
        own = self.chip == number
        if own.all():
            return self
        return replace(
            self,
            cycle=self.cycle[own],
            address=self.address[own],
            value=self.value[own],
            chip=self.chip[own],
        )

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_cycle / self.region.clock_hz
