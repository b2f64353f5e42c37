"""TX1's events are counted, and steady songs cost rows little."""

import numpy as np
import pytest

from benchmarks.tx1_cost import Adaptive, count_events, residual_nats
from chipgen.rows.quantise import rows_of
from tests.row_songs import Meter, compose_bars, play


def test_events_are_counted_and_steady_songs_leave_little_to_tell() -> None:
    """A note is two events and a wait each; a song exactly on its rows costs next to nothing."""
    notes = play([(0, 0, 2, 60, 8), (4, 0, 2, 62, 8)], 8)
    assert count_events(notes) == 4 + 4  # two notes, and waits after each moment but the last
    counts = Adaptive(4)
    first = counts.tell(1)
    assert first == pytest.approx(np.log(4))
    assert counts.tell(1) < 0.5 < first
    song = play(compose_bars(Meter(4, 4), 16, np.random.default_rng(0)), 256)
    nats = residual_nats(rows_of(song), song)
    onsets = len(song)
    assert nats["frames from the row to the note"] < 0.1 * onsets
    assert nats["ornaments"] < 0.1 * onsets
