"""Sections that come again are found."""

import pytest

from chipgen.labels import (
    label_prompt,
    sections,
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


def test_a_long_piece_is_compared_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bars compared have a bound, and those behind go on with the phrases that were found."""
    compared = []
    likeness = sections.bar_likeness
    monkeypatch.setattr(sections, "MOST_BARS", 18)
    monkeypatch.setattr(
        sections, "bar_likeness", lambda *a: compared.append(len(a[1]) - 1) or likeness(*a)
    )
    one, two = ["C", "Am", "F", "G"], ["Dm", "Bb", "Em", "A"]
    labels = label_prompt(Prompt.of(progression((one + two) * 3)))
    assert compared == [18]
    assert labels.section.tolist() == ([0] * 4 + [1] * 4) * 2 + [0] * 2 + [0] * 6
    assert labels.phrase_place.tolist() == [0, 1, 2, 3] * 4 + [0, 1] + [2, 3, 0, 1, 2, 3]
    assert labels.phrase_bars.tolist()[18:] == [4] * 6


@pytest.mark.parametrize("bars", [2, 4, 5])
def test_what_is_shorter_than_two_phrases_begins_with_one(bars: int) -> None:
    """Nothing tells where a second one would begin, however bars differ."""
    labels = label_prompt(Prompt.of(progression(["C", "C", "Am", "F", "G"][:bars])))
    assert labels.phrase_place.tolist() == [0, 1, 2, 3, 0][:bars]
