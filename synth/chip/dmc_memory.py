"""Lays out the sample memory that the DMC reads."""

import numpy as np
from numpy.typing import NDArray

from synth.chip.dmc import MEMORY_SIZE, MEMORY_START
from synth.errors import SynthError


def memory_image(memory: tuple[tuple[int, bytes], ...]) -> NDArray[np.uint8]:
    """Lay sample data out as the DMC sees it.

    Parameters
    ----------
    memory
        Pairs of CPU address and bytes; where pairs overlap the later one counts.

    Returns
    -------
    ndarray
        The bytes of $8000-$FFFF, uint8, shape (32768,), 0 where nothing is given.

    Raises
    ------
    SynthError
        If data lies outside $8000-$FFFF.
    """
    image = np.zeros(MEMORY_SIZE, dtype=np.uint8)
    for address, data in memory:
        start = address - MEMORY_START
        if start < 0 or start + len(data) > MEMORY_SIZE:
            raise SynthError(
                f"{len(data)} bytes of sample data at ${address:04X} do not fit $8000-$FFFF"
            )
        image[start : start + len(data)] = np.frombuffer(data, dtype=np.uint8)
    return image
