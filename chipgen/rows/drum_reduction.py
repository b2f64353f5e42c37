"""Maps General MIDI drums to NES-MDB's noise pitches."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.nesmdb_dialect import midi_to_chip_level
from chipgen.music.score import Note
from chipgen.rows.row_states import NOISE, NOISE_STATE, REST

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


def put_stroke(
    states: NDArray[np.uint8], volume: NDArray[np.uint8], row: int, stroke: Note
) -> None:
    """Put a drum's stroke in the noise's row: of those struck together the heaviest is heard.

    Parameters
    ----------
    states, volume
        Shape (rows, 4); changed in place.
    row
        Where the stroke is; one outside the rows is left out.
    stroke
        Its pitch is a General MIDI drum.
    """
    state = noise_period(stroke.pitch) + NOISE_STATE
    if 0 <= row < len(states) and (states[row, NOISE] == REST or state < states[row, NOISE]):
        states[row, NOISE] = state
        volume[row, NOISE] = max(1, midi_to_chip_level(stroke.velocity))
