"""Finds after how many rows music repeats."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.row_states import HOLD

_SHORTEST_PHRASE, _LONGEST_PHRASE = 8, 64  # rows
_USUAL_PHRASE: Final = 16
_CLEAR: Final = 0.5  # share of onsets that must repeat for a phrase to be accepted


def phrase_rows(states: NDArray[np.uint8]) -> int:
    """Return the lag in rows at which music repeats best, 8 to 64; 16 where nothing repeats.

    Examples
    --------
    >>> states = np.ones((72, 4), dtype=np.uint8)
    >>> states[::12, 2], states[3::12, 0] = 40, np.arange(60, 66)
    >>> phrase_rows(states)
    12
    """
    begun = states > HOLD
    shares = {}
    for lag in range(_SHORTEST_PHRASE, min(_LONGEST_PHRASE, len(states) // 2) + 1):
        either = begun[lag:] | begun[:-lag]
        same = begun[lag:] & begun[:-lag]
        shares[lag] = float(same.sum()) / max(1, int(either.sum()))
    best = max(shares.values(), default=0.0)
    if best < _CLEAR:
        return _USUAL_PHRASE
    return next(lag for lag, share in shares.items() if share >= 0.97 * best)
