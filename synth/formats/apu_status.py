"""What a program reads at $4015: which channels still sound, from the writes so far.

NSF players read it to see whether a sample or a note has ended. Length counters are counted in
half frames since their load rather than clocked, which is right within one half frame.

References
----------
NESdev wiki: "APU", section Status; "APU Length Counter"; "APU DMC".
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.compiled import compiled
from synth.chip.hardware import LENGTH_TABLE, Region

# Places in the vector, int64: four each of these ...
_COUNTS_FROM, _LENGTH, _HALTED = 0, 4, 8
# ... and one each of these.
ENABLED, _DMC_CONTROL, _DMC_LENGTH, _DMC_END, _DMC_IRQ, _HALF_FRAME, _DMC_PERIODS = range(12, 19)
APU_SIZE: Final = _DMC_PERIODS + 16
_NEVER: Final = 1 << 62

_LENGTHS: Final = np.array(LENGTH_TABLE, dtype=np.int64)


def power_up(region: Region) -> NDArray[np.int64]:
    """Return the vector of a chip that nothing was written to."""
    apu = np.zeros(APU_SIZE, dtype=np.int64)
    apu[_HALF_FRAME] = region.sequencer_4step_cycles[1]
    apu[_DMC_PERIODS:] = region.dmc_period_cycles
    return apu


@compiled
def note_write(apu: NDArray[Any], cycle: int, address: int, value: int) -> None:
    """Take note of a write to a sound register at `cycle`."""
    register = address - 0x4000
    if register < 0x10:
        channel = register >> 2
        if register & 3 == 0:
            halted = (value >> 7) & 1 if channel == 2 else (value >> 5) & 1
            if halted != apu[_HALTED + channel]:
                left = _left(apu, cycle, channel)
                apu[_LENGTH + channel], apu[_COUNTS_FROM + channel] = left, cycle
                apu[_HALTED + channel] = halted
        elif register & 3 == 3 and (apu[ENABLED] >> channel) & 1:
            apu[_LENGTH + channel] = _LENGTHS[value >> 3]
            apu[_COUNTS_FROM + channel] = cycle
    elif register == 0x10:
        apu[_DMC_CONTROL] = value
        if not value & 0x80:
            apu[_DMC_IRQ] = 0
    elif register == 0x13:
        apu[_DMC_LENGTH] = 16 * value + 1
    elif register == 0x15:
        apu[ENABLED] = value
        apu[_DMC_IRQ] = 0
        for channel in range(4):
            if not (value >> channel) & 1:
                apu[_LENGTH + channel] = 0
        if not value & 0x10:
            apu[_DMC_END] = 0
        elif cycle >= apu[_DMC_END]:
            control = apu[_DMC_CONTROL]
            bits = 8 * apu[_DMC_LENGTH]
            apu[_DMC_END] = cycle + bits * apu[_DMC_PERIODS + (control & 0xF)]
            if control & 0x40:  # it loops
                apu[_DMC_END] = _NEVER
            apu[_DMC_IRQ] = 1 if control & 0xC0 == 0x80 else 0


@compiled
def read_status(apu: NDArray[Any], cycle: int) -> int:
    """Return the byte that $4015 reads as at `cycle`."""
    status = 0
    for channel in range(4):
        if _left(apu, cycle, channel) > 0:
            status |= 1 << channel
    if cycle < apu[_DMC_END]:
        status |= 0x10
    elif apu[_DMC_IRQ]:
        status |= 0x80
    return status


@compiled
def _left(apu: NDArray[Any], cycle: int, channel: int) -> int:
    length: int = apu[_LENGTH + channel]
    if apu[_HALTED + channel]:
        return length
    gone: int = (cycle - apu[_COUNTS_FROM + channel]) // apu[_HALF_FRAME]
    return max(0, length - gone)
