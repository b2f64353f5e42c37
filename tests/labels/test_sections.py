"""Sections that come again are found."""

from chipgen.labels import (
    label_prompt,
)
from chipgen.rows.prompt import Prompt
from tests.labels.progression import progression


def test_sections_come_again() -> None:
    """A phrase that returns has the section it had, and another one has its own."""
    one, two = ["C", "Am", "F", "G"], ["Dm", "Bb", "Em", "A"]
    labels = label_prompt(Prompt.of(progression(one + two + one + two)))
    assert labels.section.tolist() == [0] * 4 + [1] * 4 + [0] * 4 + [1] * 4
    assert labels.phrase_place.tolist() == [0, 1, 2, 3] * 4
    assert set(labels.phrase_bars) == {4}
