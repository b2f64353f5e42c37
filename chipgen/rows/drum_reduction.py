"""Maps General MIDI drums to NES-MDB's noise pitches."""

from typing import Final

THUD, BURST, TICK = 2, 9, 14  # a low noise, one in the middle, a high one
_THUDS: Final = frozenset({35, 36, 41, 43, 45})  # General MIDI 1, percussion key map
_BURSTS: Final = frozenset({37, 38, 39, 40, 47, 48, 50})


def noise_period(drum: int) -> int:
    """Return the noise pitch of a General MIDI drum: a thud, a burst or a tick.

    Examples
    --------
    >>> noise_period(36), noise_period(38), noise_period(42)
    (2, 9, 14)
    """
    return THUD if drum in _THUDS else BURST if drum in _BURSTS else TICK
