"""A seed's theme is found behind its introduction."""

import numpy as np
import pytest

from chipgen.composing.theme import theme_bar

BAR = 16
RNG = np.random.default_rng(5)
PHRASES = {name: RNG.integers(60, 80, (4, BAR // 2)) for name in "ABCD"}


def tune(form: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the states of a tune of these phrases in eighths, and where its bars begin."""
    states = np.ones((4 * len(form), BAR), dtype=np.uint8)
    for at, name in enumerate(form):
        if name == " ":
            states[4 * at : 4 * at + 4] = 0
        else:
            states[4 * at : 4 * at + 4, ::2] = PHRASES[name]
    return states.reshape(-1), np.arange(4 * len(form) + 1) * BAR


@pytest.mark.parametrize(
    ("form", "bar"),
    [
        ("AB", 0),
        (" AB", 4),
        ("ABCB", 4),  # A has a line of its own, and never comes back
        (" ABCB", 8),
        ("ABAC", 0),
        ("ABCD", 0),
        ("ABCC", 0),  # what comes back first begins in the second half
        ("ABB", 0),  # too short to tell
        ("  ", 0),
    ],
)
def test_the_theme_is_what_sings_and_comes_back(form: str, bar: int) -> None:
    """An introduction rests, or plays what is never heard again."""
    assert theme_bar(*tune(form)) == bar
