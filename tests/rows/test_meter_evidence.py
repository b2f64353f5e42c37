"""Evidence for a bar: strong places, repetition, and onsets that the place in the bar predicts."""

import numpy as np

from chipgen.rows.meter_evidence import gains, off_beat, pattern_nats, repeats


def test_accents_speak_for_the_bar_that_they_begin() -> None:
    """Accents every eight rows gain most where bars of 2 beats of 4 rows begin on them."""
    values = np.zeros(128)
    values[3::8] = 1.0
    saved = gains(values, np.ones(128, dtype=np.bool_), 2, 4, 2, 8)
    assert int(saved.argmax()) == 3
    assert saved[3] > 0.5
    assert not gains(np.ones(128), np.ones(128, dtype=np.bool_), 2, 4, 2, 8).any()


def test_music_that_comes_again_is_found_at_its_lag() -> None:
    """Sixteen rows over and over are alike at multiples of 16, and nowhere else as much."""
    rng = np.random.default_rng(1)
    bar = np.where(rng.random((16, 4)) < 0.5, rng.integers(40, 90, (16, 4)), 1).astype(np.uint8)
    alike = np.zeros(64)
    repeats(np.tile(bar, (8, 1)), alike)
    others = [alike[lag] for lag in range(1, 64) if lag % 16]
    assert min(alike[16], alike[32], alike[48]) > 2 * max(others)


def test_the_place_in_the_bar_predicts_a_steady_rhythm() -> None:
    """A rhythm of eight rows saves nats in bars of eight rows, one by chance does not."""
    steady = np.zeros((256, 1), dtype=np.bool_)
    steady[[row for row in range(256) if row % 8 in (0, 3)]] = True
    scratch = np.zeros((2, 3, 8))
    assert pattern_nats(steady, 2, 4, 8, scratch) > 100
    chance = np.random.default_rng(0).random((256, 1)) < 0.25
    assert pattern_nats(chance, 2, 4, 8, np.zeros((2, 3, 8))) < 5


def test_notes_off_the_beat_are_counted() -> None:
    """A quarter of the notes begins between beats of four rows."""
    begun = np.zeros((64, 4), dtype=np.bool_)
    begun[::4, 0] = True
    begun[2::12, 1] = True
    assert 0.2 < off_beat(begun, 4) < 0.3
