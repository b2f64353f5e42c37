"""Chords as numbers: every chord has one number and one name."""

from chipgen.labels import CHORD_NAMES, CHORDS, QUALITIES
from chipgen.labels.chord_names import chord_number


def test_every_chord_has_its_number() -> None:
    """Roots and qualities fill the numbers that plans have, and each has a name of its own."""
    numbers = {chord_number(root, quality) for root in range(12) for quality in range(5)}
    assert len(QUALITIES) == 5
    assert numbers == set(range(1, CHORDS))
    assert len(set(CHORD_NAMES)) == CHORDS
