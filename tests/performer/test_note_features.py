"""What the network reads of notes says nothing of how they are played."""

import numpy as np

from chipgen.performer.note_features import (
    NOTE_FEATURES,
    PAIR_FEATURES,
    Classes,
    Described,
    compare_notes,
    describe_notes,
)
from chipgen.performer.performed_notes import read_performance
from tests.performer.chip_performances import edges_s, performed

P1 = 0


def test_a_note_is_most_like_itself() -> None:
    """Where two notes are one, everything that is alike or not is alike, and nothing is apart."""
    notes = Described.of(read_performance(performed(), edges_s())[P1].written, P1)
    pairs = compare_notes(notes, notes)
    assert pairs.shape == (len(notes.written), len(notes.written), PAIR_FEATURES)
    own = pairs[np.arange(len(pairs)), np.arange(len(pairs))]
    assert set(np.unique(own)) == {0.0, 1.0}
    assert (own == own[0]).all()
    assert (pairs.mean(axis=(0, 1)) < own[0]).sum() > PAIR_FEATURES / 3


def test_numbers_are_finite_and_do_not_know_the_performance() -> None:
    """A voice's notes are described alike with and without their ornaments and timing."""
    played = read_performance(performed(), edges_s())[P1]
    notes = Described.of(played.written, P1)
    usual = Classes.of(played, {}).usual()
    told = describe_notes(notes, usual, P1)
    assert told.shape == (len(played), NOTE_FEATURES)
    assert np.isfinite(told).all()
    plain = Described.of(played.written.take(slice(0, 8)), P1)
    assert np.isfinite(compare_notes(plain, plain)).all()
    assert np.isfinite(
        describe_notes(plain, Classes.of(played.take(slice(0, 0)), {}).usual(), P1)
    ).all()


def test_equal_decisions_have_equal_numbers() -> None:
    """Each fourth note has a grace note; all are as late, and end as early."""
    played = read_performance(performed(), edges_s())[P1]
    classes = Classes.of(played, {})
    assert (classes.ornaments > 0).tolist() == [k % 4 == 3 for k in range(len(played))]
    equal = classes.matches(classes)
    assert equal[2:, :-1, :-1].all(), "volumes, delays and releases"
    same = np.arange(len(played)) % 4 == 3
    assert (equal[1] == (same[:, None] == same)).all()
