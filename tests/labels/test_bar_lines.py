"""Bars are known from the meter, or inferred."""

import numpy as np

from chipgen.labels import (
    BarLines,
    label_song,
)
from chipgen.rows.quantise import rows_of
from tests.row_songs import Meter as RowMeter
from tests.row_songs import compose_bars, play


def test_an_upbeat_begins_before_the_first_row() -> None:
    """Rows before the first whole bar belong to a bar that began earlier."""
    lines = BarLines.even(40, 16, first_bar=4)
    assert lines.starts.tolist() == [-12, 4, 20, 36, 52]
    assert lines.halves.tolist() == [-12, -4, 4, 12, 20, 28, 36, 44, 52]


def test_the_bars_of_a_song_without_meter_are_inferred() -> None:
    """What is inferred has a confidence below 1, and every row a bar."""
    song = rows_of(play(compose_bars(RowMeter(4, 4), 16, np.random.default_rng(1)), 256))
    labels = label_song(song)
    assert 0.0 < labels.lines.length_confidence <= 1.0
    assert len(labels) == len(song)
    assert (labels.place < labels.bar_rows).all()
