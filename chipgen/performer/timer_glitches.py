"""Computes the notes that sound for an instant between a driver's two writes to a timer.

The timer of a pulse or of the triangle has 11 bits in two registers (NESdev wiki, "APU Pulse"). A
driver that writes one of them a moment before the other sounds a pitch made of both notes if the
upper bits differ. A tenth of the notes in NES-MDB are nothing else.
"""

from enum import IntEnum
from functools import lru_cache
from typing import Final

import numpy as np

from synth.chip.hardware import NTSC

_LOW, _HIGH = 0x0FF, 0x700
_A4_HZ, _A4 = 440.0, 69
_LOWEST, _HIGHEST = 0, 127


class Glitch(IntEnum):
    """What sounds for an instant before a note."""

    NONE = 0
    LOW_FIRST = 1  # the lower byte was written first
    HIGH_FIRST = 2
    OTHER = 3  # another pitch


KINDS: Final = len(Glitch)


@lru_cache(maxsize=1 << 16)
def glitch_pitch(before: int, pitch: int, cycles: int, kind: Glitch) -> int | None:
    """Return the pitch that sounds between two notes, or None if none does.

    Parameters
    ----------
    before, pitch
        MIDI pitch of the note before and of the note itself.
    cycles
        Steps of the voice's waveform: 16 of a pulse, 32 of the triangle.
    kind
        Which byte is written first.

    Examples
    --------
    >>> glitch_pitch(67, 69, 16, Glitch.LOW_FIRST), glitch_pitch(67, 69, 16, Glitch.HIGH_FIRST)
    (57, 107)
    >>> glitch_pitch(69, 70, 16, Glitch.LOW_FIRST) is None
    True
    """
    old, new = _timer(before, cycles), _timer(pitch, cycles)
    if old & _HIGH == new & _HIGH or kind not in (Glitch.LOW_FIRST, Glitch.HIGH_FIRST):
        return None
    low, high = (new, old) if kind == Glitch.LOW_FIRST else (old, new)
    timer = (high & _HIGH) | (low & _LOW)
    sounds = round(_A4 + 12 * float(np.log2(NTSC.clock_hz / (cycles * (timer + 1)) / _A4_HZ)))
    return sounds if _LOWEST <= sounds <= _HIGHEST and sounds != pitch else None


def _timer(pitch: int, cycles: int) -> int:
    hz = _A4_HZ * 2 ** ((pitch - _A4) / 12)
    return int(np.clip(round(NTSC.clock_hz / (cycles * hz)) - 1, 0, _LOW | _HIGH))
