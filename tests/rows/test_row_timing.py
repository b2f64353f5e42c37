"""Where the rows of a continuation begin."""

import numpy as np

from chipgen.rows.row_timing import RowTiming


def test_rows_begin_where_the_pace_says():
    """Pieces of the rows fit together, also at two lengths by turns and far from the start."""
    for timing in (
        RowTiming(8.0, np.array([1]), 4.0, np.array([7])),
        RowTiming(3.5, np.array([6, 7]), 30.0, np.array([6, 7])),
    ):
        whole = timing.edges_beats(0, 1000)
        assert np.array_equal(whole[500:601], timing.edges_beats(500, 100))
        assert (np.diff(whole) > 0).all()
        assert np.array_equal(timing.frames_of(3, 4), timing.frames_of(0, 7)[3:])
        for beats in (0.5, 4.0, 77.0):
            assert timing.rows_in(beats) == np.sum(whole[:-1] < timing.start_beats + beats - 1e-6)
