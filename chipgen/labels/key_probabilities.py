"""Estimates the probability of each key in each bar from its pitch classes.

Profiles are those of Albrecht and Shanahan (see `chipgen.music.key_detection`). The whole piece and
the bars around it weigh on a bar's key.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.key_detection import KEY_PROFILES

_AROUND_BARS: Final = 8  # to either side
_LOCAL: Final = 0.35  # how much the bars around a bar count beside the whole piece
_SPREAD: Final = 0.03  # a key this much further off, by Euclidean distance, is e times less likely


def find_keys(shares: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the probability of each key in each bar.

    Parameters
    ----------
    shares
        How long each pitch class sounds in each bar; shape (B, 12).

    Returns
    -------
    ndarray
        float32, shape (B, 24): key ``2 * tonic``, and 1 more in minor; even where nothing sounds.
    """
    bars = len(shares)
    sums = np.concatenate([np.zeros((1, 12)), np.cumsum(shares, axis=0)])
    at = np.arange(bars)
    local = sums[np.minimum(at + _AROUND_BARS + 1, bars)] - sums[np.maximum(at - _AROUND_BARS, 0)]
    away = (1 - _LOCAL) * _distances(sums[-1:]) + _LOCAL * _distances(local)
    likely = np.exp(-(away - away.min(axis=1, keepdims=True)) / _SPREAD)
    likely /= likely.sum(axis=1, keepdims=True)
    by_tonic: NDArray[np.float32] = likely.reshape(bars, 2, 12).transpose(0, 2, 1).reshape(bars, -1)
    return by_tonic.astype(np.float32)


def _distances(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far shares, made to sum to 1, lie from each key's profile; shape (n, 24)."""
    total = shares.sum(axis=1, keepdims=True)
    shares = np.where(total > 0, shares / np.maximum(total, 1e-9), 1 / 12)
    away = np.linalg.norm(shares[:, None] - KEY_PROFILES, axis=2)
    return np.where(total > 0, away, 0.0)
