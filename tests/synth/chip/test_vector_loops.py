"""Groups of frames are filtered like frames one after the other."""

import numpy as np
import pytest

from synth.chip.filters import (
    CONSOLE_FILTERS,
    design_filter,
    finish_frames,
    parallel_form,
    settled_states,
)
from synth.chip.vector_loops import VECTOR_LENGTH


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("console_filter", [*CONSOLE_FILTERS])
def test_groups_of_frames_filter_like_one_stage_after_the_other(
    console_filter: str, rate_hz: int
) -> None:
    """The parallel form is the running sum and the stages, frame by frame, to a sample's grid."""
    rng = np.random.default_rng(3)
    groups = 500
    differences = rng.normal(0.0, 0.05, groups * VECTOR_LENGTH)
    stages = design_filter(console_filter, rate_hz)
    expected = np.cumsum(differences) + 0.3
    last = 0.3
    for b0, b1, a in stages:
        filtered = np.empty_like(expected)
        y = last * (b0 + b1) / (1.0 - a)
        before = last
        last = y
        for n, x in enumerate(expected):
            y = b0 * x + b1 * before + a * y
            before = x
            filtered[n] = y
        expected = filtered
    samples = np.empty(differences.size, dtype=np.float32)
    states = settled_states(stages, 0.3)
    scratch = np.empty_like(samples)
    finish_frames(differences, 0, samples.size, parallel_form(stages), states, scratch, samples)
    scale = max(float(np.abs(expected).max()), 1.0)
    np.testing.assert_allclose(samples, expected, atol=2.0**-23 * scale)
