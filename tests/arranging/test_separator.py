"""Separated voices are playable, whatever the notes."""

import numpy as np
import pytest

from chipgen.arranging.separator import separate_voices


@pytest.mark.parametrize("count", [1, 2, 3, 5, 40])
def test_separated_voices_never_overlap_themselves(count: int):
    """Of three interleaved lines of any length each voice gets notes it can play."""
    rng = np.random.default_rng(count)
    starts = np.sort(
        np.concatenate([np.arange(count) * 0.2 + shift for shift in (0, 0.001, 0.002)])
    )
    ends = starts + rng.uniform(0.05, 0.19, len(starts))
    found = np.array(separate_voices(starts, ends, rng.integers(40, 80, len(starts)).astype(float)))
    for voice in range(3):
        own = found == voice
        assert (starts[own][1:] >= ends[own][:-1] - 2e-5).all()
    assert (found >= 0).all()
