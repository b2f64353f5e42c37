"""Live blocks are timed one by one."""

import numpy as np

from benchmarks.live_blocks import BLOCK_FRAMES, block_times_s


def test_a_live_block_takes_a_fraction_of_its_duration() -> None:
    """Blocks of 64 frames at 44.1 kHz: in the mean a quarter of their time, most far less."""
    times_s = np.array(block_times_s())
    lasts_s = BLOCK_FRAMES / 44_100
    assert times_s.mean() < lasts_s / 4
    assert np.median(times_s) < lasts_s / 10
