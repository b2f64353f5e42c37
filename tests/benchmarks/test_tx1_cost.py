"""TX1's events are counted, and steady songs cost rows little."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.context_mixing import ContextMixing
from benchmarks.tx1_cost import count_events, residual_nats
from chipgen.rows.quantise import rows_of
from tests.row_songs import Meter, compose_bars, play


def test_events_are_counted_and_steady_songs_leave_little_to_tell() -> None:
    """A note is two events and a wait each; a song exactly on its rows costs next to nothing."""
    notes = play([(0, 0, 2, 60, 8), (4, 0, 2, 62, 8)], 8)
    assert count_events(notes) == 4 + 4  # two notes, and waits after each moment but the last
    tied = replace(notes, end=np.array([notes.start[1], notes.end[1]]))
    assert count_events(tied) == 3 + 3  # the first note ends where the next one begins
    song = play(compose_bars(Meter(4, 4), 16, np.random.default_rng(0)), 256)
    nats = residual_nats(rows_of(song), song)
    assert sum(nats.values()) < 0.3 * count_events(song)


def test_symbols_are_learned_in_the_context_that_tells_them() -> None:
    """The first costs what any symbol would; one that a context decides soon costs nothing."""
    coder = ContextMixing(4)
    assert coder.tell(1, "any", "a") == pytest.approx(np.log(4))
    nats = [coder.tell(k % 2, "any", k % 2) for k in range(60)]
    assert max(nats[20:]) < 0.1
    drawn = np.random.default_rng(0).integers(0, 4, 400).tolist()
    chance = [coder.tell(symbol, "other", at) for at, symbol in enumerate(drawn)]
    assert 0.9 * np.log(4) < np.mean(chance[100:]) < 1.2 * np.log(4)
