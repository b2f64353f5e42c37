"""Sequences have a long form and short ones."""

import pytest

from synth.instrument.macro_sequence import Sequence
from synth.instrument.preset_loader import (
    read_preset,
)

HEAD = "format: 1\nname: mine\nextends: plain\n"


def read(text: str, head: str = HEAD) -> object:
    """Read a preset that extends `plain`."""
    return read_preset((head + text).encode(), "mine.yaml")


@pytest.mark.parametrize(
    "value",
    [
        "15 13 [10 7] | 3 0",
        "'15 13 [10 7] | 3 0'",
        "{values: [15, 13, 10, 7, 3, 0], loop: 2, release: 4}",
    ],
)
def test_sequence_forms(value: str) -> None:
    """Text, quoted text and mapping say the same."""
    preset = read(f"instruments:\n  steady:\n    volume: {value}\n")
    expected = Sequence((15, 13, 10, 7, 3, 0), 2, 4)
    assert preset.instruments["steady"].volume == expected  # type: ignore[attr-defined]


def test_short_sequence_forms() -> None:
    """A number, a list, and an unquoted loop, which YAML takes for a list of one text."""
    preset = read("instruments:\n  steady: {duty: 1, volume: [9, 8], arpeggio: [0 4 7]}\n")
    steady = preset.instruments["steady"]  # type: ignore[attr-defined]
    assert steady.duty == Sequence((1,))
    assert steady.volume == Sequence((9, 8))
    assert steady.arpeggio == Sequence((0, 4, 7), loop=0)
