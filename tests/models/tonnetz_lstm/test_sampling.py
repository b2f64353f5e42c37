"""Sampling is never empty or stuck, and draws stretches that stand still again."""

import numpy as np

from chipgen.models.tonnetz_lstm.inference import load_weights
from chipgen.models.tonnetz_lstm.sampling import (
    Chance,
    Motion,
    SliceSampling,
    motion_of,
    sample_slices,
)
from chipgen.music.note_grid import sounding_slices

MODEL = "tonnetz-lstm"


def test_sampling_is_never_empty_or_stuck() -> None:
    """Even from one held note, and cold, slices sound and move."""
    model = load_weights(MODEL)
    history = sounding_slices([0.0], [8.0], [60])
    for temperature in (0.3, 1.0, 1.6):
        drawn = sample_slices(model, history, 48, SliceSampling(temperature), Chance(1))
        assert drawn.any(axis=1).all()
        assert len(np.unique(drawn, axis=0)) > 3
        assert not (drawn[:, 1:] & drawn[:, :-1]).any(), "no two pitches a semitone apart"


def test_stretches_that_stand_still_are_drawn_again() -> None:
    """Wishing for motion gives more of it than not, from the same numbers."""
    model = load_weights(MODEL)
    history = sounding_slices([0.0, 0.0, 0.0, 6.0], [8.0, 8.0, 8.0, 8.0], [48, 60, 64, 67])
    moved, still = (
        [motion_of(sample_slices(model, history, 16, sampling, Chance(n))) for n in range(6)]
        for sampling in (SliceSampling(motion=Motion(12, 6, 2.8)), SliceSampling())
    )
    assert sum(m.chords + m.basses for m in moved) > sum(m.chords + m.basses for m in still)
    assert all(m.lacking(m) == 0 for m in moved)
    assert Motion(4, 2, 2.0).lacking(Motion(6, 3, 2.0)) == 3
