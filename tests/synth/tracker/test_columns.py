"""FamiStudio's bars are one column each, in few grooves."""

from itertools import pairwise

import numpy as np
import pytest

from synth.tracker.columns import groove_frames, lay_out, lay_out_evenly, places
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


@pytest.mark.parametrize("length", [2.0, 6.0, 6.3, 7.512, 12.62])
def test_even_rows_have_a_place_on_every_frame(length: float) -> None:
    """Bars follow their lines by half a row, and only one that must end exactly has a groove."""
    bars = [BarRows(length * np.arange(16 * k, 16 * k + 17), 4) for k in range(12)]
    made = lay_out_evenly(bars, {4, 11})
    ends = [round(80 * length), round(192 * length)]
    assert {ends[0]} <= {bar.start for bar in made}
    for k, bar in enumerate(made):
        assert abs(bar.start - 16 * length * k) <= length / 2 + 0.5
        if k not in (4, 11):
            assert len(bar.groove) == 1
            assert 2 <= bar.groove[0] <= max(length, 2)
    played = [at for bar in made for at in places(bar)]
    assert played[-1] == ends[1] - 1
    assert len(set(range(ends[1])) - set(played)) <= 2 * 8 * 16 // 9
