"""FamiTracker's rows, by its own clock, fall where notes begin."""

from itertools import pairwise

import numpy as np
import pytest

from synth.chip.hardware import NTSC, PAL, Region
from synth.tracker.meter import BarRows
from synth.tracker.rows import RowClock
from synth.tracker.song import TrackerBar
from synth.tracker.tempo_search import time_rows


def played(bars: tuple[TrackerBar, ...], region: Region) -> list[int]:
    """Return the frames of all rows as FamiTracker's clock gives them, and of the one after."""
    clock = RowClock(region, *bars[0].tempi[0][1:])
    frames = []
    for bar in bars:
        tempi = {row: (speed, tempo) for row, speed, tempo in bar.tempi}
        for row in range(len(bar.rows)):
            frames.append(clock.next_row())
            clock.speed, clock.tempo = tempi.get(row, (clock.speed, clock.tempo))
    return [*frames, clock.next_row()]


@pytest.mark.parametrize("region", [NTSC, PAL])
@pytest.mark.parametrize("length", [6.0, 7.512, 12.62, 3.3])
def test_rows_are_where_the_clock_has_them(length: float, region: Region) -> None:
    """What is said of each row is what its speed and tempo do, and most notes are on a row."""
    lines = [length * np.arange(16 * k, 16 * k + 17) for k in range(24)]
    bars = [BarRows(each, 4) for each in lines]
    onsets = np.rint(length * np.arange(0, 384, 2)).astype(np.int64)
    made = time_rows(bars, onsets, region, {23})
    rows = [row for bar in made for row in bar.rows]
    assert played(made, region) == [*rows, round(384 * length)]
    assert np.isin(onsets, rows).mean() > 0.9
    assert sum(len(bar.tempi) for bar in made) <= 36


def test_an_exact_bar_ends_on_its_frame() -> None:
    """The loop's bar begins on its frame even if tempo alone would miss it."""
    bars = [BarRows(np.linspace(0, 100, 17), 4), BarRows(np.linspace(100, 203, 17), 4)]
    made = time_rows(bars, np.array([0, 100]), NTSC, {0, 1})
    frames = played(made, NTSC)
    assert frames[16] == 100
    assert frames[32] == 203
    assert all(a < b for a, b in pairwise(frames))
