"""Maps sets of pitches to the 24×12 Tonnetz lattice and back.

The lattice is Chuan & Herremans' pitch-register Tonnetz ("Modeling temporal tonal relations in
polyphonic music through deep networks with a novel image-based representation", AAAI 2018): one
column to the right is a fifth, one row down a major third, and the register is kept. A pitch lies
on up to three cells, so chords become small shapes that look alike in every key.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

ROWS: Final = 24
COLUMNS: Final = 12
PITCH_LOW: Final = 21  # the triangle channel's lowest note in NES-MDB
PITCH_HIGH: Final = 108  # the highest note of any NES-MDB voice
PITCHES: Final = PITCH_HIGH - PITCH_LOW + 1


def lattice_pitches() -> NDArray[np.int64]:
    """Return the MIDI pitch of every cell, shape (24, 12)."""
    rows, columns = np.indices((ROWS, COLUMNS))
    result: NDArray[np.int64] = 6 + 4 * rows + 7 * columns % 12
    return result


def averaging_matrix() -> NDArray[np.float32]:
    """Return the matrix, shape (288, 88), that averages flattened lattices over a pitch's cells.

    Column `i` belongs to MIDI pitch 21 + i and sums to 1. A cell outside pitches 21–108 has a row
    of zeros.
    """
    is_cell = lattice_pitches().reshape(-1, 1) == np.arange(PITCH_LOW, PITCH_HIGH + 1)
    result: NDArray[np.float32] = (is_cell / is_cell.sum(axis=0)).astype(np.float32)
    return result


def encode(rolls: NDArray[np.generic]) -> NDArray[np.float32]:
    """Draw pitch sets on the lattice.

    Parameters
    ----------
    rolls
        Shape (..., 88): whether (or how much) MIDI pitches 21–108 sound.

    Returns
    -------
    NDArray
        Shape (..., 24, 12): each cell holds the value of its pitch, and 0 outside 21–108.

    Raises
    ------
    ValueError
        If the last axis is not 88 long.

    Examples
    --------
    >>> chord = np.zeros(88)
    >>> chord[[60 - 21, 64 - 21, 67 - 21]] = 1
    >>> lattice = encode(chord)
    >>> lattice.shape, int(lattice.sum())
    ((24, 12), 9)
    """
    if rolls.shape[-1] != PITCHES:
        raise ValueError(f"a roll has {PITCHES} pitches, not {rolls.shape[-1]}")
    padded = np.concatenate(
        [rolls.astype(np.float32), np.zeros((*rolls.shape[:-1], 1), np.float32)], axis=-1
    )
    return np.asarray(padded[..., _PITCH_INDEX], dtype=np.float32)


def average(lattices: NDArray[np.generic]) -> NDArray[np.float32]:
    """Average lattices, shape (..., 24, 12), over each pitch's cells: shape (..., 88)."""
    if lattices.shape[-2:] != (ROWS, COLUMNS):
        raise ValueError(f"a lattice has {ROWS} rows of {COLUMNS}, not {lattices.shape[-2:]}")
    flat = lattices.reshape(*lattices.shape[:-2], ROWS * COLUMNS).astype(np.float32)
    return np.asarray(flat @ averaging_matrix(), dtype=np.float32)


def decode(lattices: NDArray[np.generic], threshold: float = 0.5) -> NDArray[np.bool_]:
    """Read the pitch sets from lattices, averaging each pitch's cells.

    Parameters
    ----------
    lattices
        Shape (..., 24, 12).
    threshold
        A pitch sounds where its cells' average is above this.

    Returns
    -------
    NDArray
        Shape (..., 88), MIDI pitches 21–108; ``decode(encode(x)) == x`` for every set x.

    Examples
    --------
    >>> roll = np.zeros(88, bool)
    >>> roll[[0, 40, 87]] = True
    >>> bool((decode(encode(roll)) == roll).all())
    True
    """
    result: NDArray[np.bool_] = average(lattices) > threshold
    return result


def _pitch_index() -> NDArray[np.int64]:
    """Return each cell's place in a roll of 88, or 88 for cells outside 21–108."""
    pitches = lattice_pitches()
    inside = (pitches >= PITCH_LOW) & (pitches <= PITCH_HIGH)
    return np.where(inside, pitches - PITCH_LOW, PITCHES)


_PITCH_INDEX: Final = _pitch_index()
