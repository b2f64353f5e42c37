"""How well rows fit notes is counted by the protocol of the `rows` task."""

import numpy as np

from chipgen.rows.row_fit import GridFit, describe_rows, measure_fit
from chipgen.rows.row_inference import NES_FRAME_HZ, RowGrid


def test_fit_counts_what_the_protocol_asks():
    """Two long notes on one row keep one; an onset two frames off is not near."""
    grid = RowGrid(np.arange(11) * 6 / NES_FRAME_HZ, np.full(10, 6, dtype=np.int16), 1.0)
    onsets_s = np.array([0.0, 2.0, 6.0, 12.5]) / NES_FRAME_HZ
    fit = measure_fit(
        grid, np.array([0, 0, 1, 1], dtype=np.int8), onsets_s, np.array([0.1, 0.1, 0.1, 0.01]), 1.0
    )
    assert fit == GridFit(onsets=4, near_onsets=3, long_notes=3, kept_notes=2, rows=10, seconds=1.0)
    assert (fit + fit).near_share == fit.near_share


def test_side_information_is_small_for_steady_rows():
    """A steady grid tells nothing; one that jitters after the notes is found out."""
    rng = np.random.default_rng(0)
    steady = describe_rows(np.full(500, 6, dtype=np.int16))
    jittery = describe_rows(rng.integers(4, 9, 500).astype(np.int16))
    assert steady < 20 < 400 < jittery
