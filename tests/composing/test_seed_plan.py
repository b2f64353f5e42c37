"""A seed's bars, chords and key are read off it; what it leaves open is drawn."""

import numpy as np

from chipgen.composing.seed_plan import SeedPlan, SeedReader
from chipgen.music.key_names import Key
from chipgen.music.score import Note, Score, Track
from chipgen.rows.prompt import Prompt

TUNE = (67, 69, 71, 74, 72, 71, 69, 67)


def test_the_seeds_chords_fit_its_tune() -> None:
    """Half bars of G B D over the tonic are planned as chords that hold most of their notes."""
    notes = tuple(Note(k / 2, 0.5, TUNE[k % 8]) for k in range(32))
    prompt = Prompt.of(Score((Track("tune", 0, 80, notes),), end_beats=16.0))
    seed = SeedReader(prompt, Key(7, "major")).carried(np.random.default_rng(3))
    assert seed.chords.shape == (8,)
    assert (seed.chords >= 0).all()
    assert seed.key.tonic == 7


def test_a_piece_from_nothing_is_in_the_key_asked_for_or_any() -> None:
    """It has no rows and no bars; without a key, both modes and many tonics are drawn."""
    plan = SeedPlan.of_nothing(Key(2, "minor"), np.random.default_rng(0))
    assert (plan.key, len(plan.plan), len(plan.starts)) == (Key(2, "minor"), 0, 0)
    drawn = {SeedPlan.of_nothing(None, np.random.default_rng(k)).key for k in range(40)}
    assert {key.mode for key in drawn} == {"major", "minor"}
    assert len({key.tonic for key in drawn}) > 6
