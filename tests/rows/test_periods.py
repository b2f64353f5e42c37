"""After how many rows music comes again."""

import numpy as np

from chipgen.rows.periods import phrase_rows, rhythm_period
from tests.row_songs import plain_rows


def test_a_rhythm_that_comes_again_is_found():
    """Twelve rows of rhythm again and again are a period; noise is none."""
    rng = np.random.default_rng(3)
    bar = rng.integers(0, 2, (12, 4)) * 60
    assert rhythm_period(plain_rows(np.tile(bar, (8, 1))), 8, 40) == 12
    assert rhythm_period(plain_rows((rng.random((96, 4)) < 0.1) * 60), 8, 40) == 0


def test_a_phrase_is_found_or_sixteen_rows() -> None:
    """Music that never comes again is taken in sixteens."""
    rng = np.random.default_rng(0)
    states = np.where(rng.random((96, 4)) < 0.1, rng.integers(40, 80, (96, 4)), 1).astype(np.uint8)
    assert phrase_rows(states) == 16
    assert phrase_rows(states[:4]) == 16
    assert phrase_rows(np.tile(states[:24], (4, 1))) == 24
