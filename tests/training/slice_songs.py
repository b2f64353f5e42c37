"""A song as slices."""

import numpy as np


def song(*slices: set[int]) -> np.ndarray:
    """Draw a song whose slices hold the given columns."""
    rolls = np.zeros((len(slices), 88), np.bool_)
    for roll, chosen in zip(rolls, slices, strict=True):
        roll[list(chosen)] = True
    return rolls
