"""What trackers' effects do is compared as their readers play it."""

import numpy as np
import pytest

from benchmarks.tracker_effects import (
    FRAMES,
    famistudio_swings,
    famitracker_swings,
    half_steps,
    vibrato_shares,
    whole_steps,
)


def test_vibratos_of_both_trackers_swing_around_the_note() -> None:
    """All differ in speed or depth, and none leans to one side."""
    for swings, count in ((famistudio_swings(), 12 * 15), (famitracker_swings(), 15 * 16)):
        assert swings.shape == (count, FRAMES)
        assert (np.abs(swings).max(axis=1) <= 128).all()
        assert abs(np.median(swings)) <= 1


def test_what_an_effect_plays_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """A vibrato that begins late is found, as is a slide of whole or half timer steps."""
    swings = famitracker_swings()
    late = np.concatenate((np.zeros(30, dtype=np.int64), swings[77][: FRAMES - 30]))
    monkeypatch.setattr("benchmarks.tracker_effects.vibrato_moves", lambda: iter([late]))
    assert vibrato_shares(swings).tolist() == [1.0]
    assert vibrato_shares(famistudio_swings())[0] < 1.0
    whole, half = np.array([9, 6, 3, 0, 0]), np.array([9, 6, 4, 1, 0])
    assert any(np.array_equal(whole, move) for move in whole_steps(whole))
    assert any(np.array_equal(half, move) for move in half_steps(half))
    assert not any(np.array_equal(half, move) for move in whole_steps(half))
