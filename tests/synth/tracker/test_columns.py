"""FamiStudio's bars are one column each, in few grooves."""

from itertools import pairwise

import numpy as np
import pytest

from synth.tracker.columns import groove_frames, lay_out, places
from synth.tracker.meter import BarRows


@pytest.mark.parametrize("length", [6.0, 7.512, 9.33, 12.62])
def test_a_bar_is_a_column(length: float) -> None:
    """Columns follow the bars for as long as the song is, and notes have places."""
    bars = [BarRows(length * np.arange(16 * k, 16 * k + 17), 4) for k in range(40)]
    onsets = np.rint(length * np.arange(0, 640)).astype(np.int64)
    made = lay_out(bars, onsets, {39})
    assert len(made) == 40
    assert all(abs(bar.start - 16 * length * k) <= 3 for k, bar in enumerate(made))
    assert len({(len(bar.rows), bar.groove) for bar in made}) <= 4
    rows = [row for bar in made for row in bar.rows]
    assert np.isin(onsets, rows).mean() > 0.7
    assert np.isin(onsets, [at for bar in made for at in places(bar)]).mean() > 0.98
    assert all(a < b for a, b in pairwise(rows))


def test_places_leave_out_the_padding() -> None:
    """Each longer row stands still for a frame."""
    assert list(groove_frames(2, (3, 2), "Beginning")) == [1, 2, 3, 4]
    assert list(groove_frames(2, (3, 2), "End")) == [0, 1, 3, 4]
