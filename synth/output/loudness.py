"""Measures loudness in LUFS."""

import math

import numpy as np
from numpy.typing import NDArray

from synth.extras import require_extra


def check_loudness() -> None:
    """Check that loudness can be measured here.

    Raises
    ------
    MissingExtraError
        If pyloudnorm is not installed.
    """
    require_extra("loudness", "measuring loudness")


def measure_lufs(
    samples: NDArray[np.float32], rate_hz: int, *, gain_db: float = 0.0
) -> float | None:
    """Measure integrated loudness by ITU-R BS.1770-4.

    Parameters
    ----------
    samples
        Shape (frames, channels).
    rate_hz
        Sample rate.
    gain_db
        Gain to take into account.

    Returns
    -------
    float or None
        LUFS, −inf for what the gate holds to be silence; None for less than one 0.4 s gating block.

    Raises
    ------
    MissingExtraError
        As `check_loudness`.
    """
    check_loudness()
    if len(samples) < math.ceil(0.4 * rate_hz):
        return None
    if not np.any(samples):
        return -math.inf
    import pyloudnorm  # loads scipy.signal, which takes a second

    with np.errstate(divide="ignore", invalid="ignore"):
        loudness = pyloudnorm.Meter(rate_hz).integrated_loudness(samples.astype(np.float64))
    return float(loudness) + gain_db
