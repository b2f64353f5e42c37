"""After how many rows music comes again."""

import numpy as np

from chipgen.rows.periods import phrase_rows


def test_a_phrase_is_found_or_sixteen_rows() -> None:
    """Music that never comes again is taken in sixteens."""
    rng = np.random.default_rng(0)
    states = np.where(rng.random((96, 4)) < 0.1, rng.integers(40, 80, (96, 4)), 1).astype(np.uint8)
    assert phrase_rows(states) == 16
    assert phrase_rows(states[:4]) == 16
    assert phrase_rows(np.tile(states[:24], (4, 1))) == 24
