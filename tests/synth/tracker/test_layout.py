"""Bars share patterns where a tracker has too few of them."""

import numpy as np

from synth.chip.hardware import NTSC
from synth.tracker.layout import lay_out_song, pattern_rows
from synth.tracker.song import FAMITRACKER, TrackerBar


def bars(rows: int, count: int) -> list[TrackerBar]:
    """Return bars of so many rows."""
    return [TrackerBar(0, rows=tuple(range(rows)))] * count


def test_patterns_are_as_long_as_most_bars() -> None:
    """Longer where there would be too many of them, or a few rows more fit all bars."""
    assert pattern_rows([*bars(16, 9), *bars(24, 3)], FAMITRACKER) == 16
    assert pattern_rows([*bars(60, 9), *bars(62, 3)], FAMITRACKER) == 62
    assert pattern_rows([*bars(16, 80), *bars(160, 8)], FAMITRACKER) == 160


def test_many_bars_of_changing_metre_share_patterns() -> None:
    """300 bars of two and three beats in turn are fewer patterns than FamiTracker has."""
    beats = [2 + k % 2 for k in range(300)]
    starts = 24.0 * np.cumsum([0, *beats])
    onsets = [np.arange(0, int(starts[-1]), 24)]
    made = lay_out_song(
        list(zip(starts[:-1].tolist(), beats, strict=True)), onsets, int(starts[-1]), None,
        FAMITRACKER, NTSC,
    )  # fmt: skip
    rows = pattern_rows(made, FAMITRACKER)
    assert sum(-(-len(bar.rows) // rows) for bar in made) < FAMITRACKER.most_columns
    assert made[0].start == 0
