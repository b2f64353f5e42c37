"""A seed's theme is found behind its introduction."""

import numpy as np
import pytest

from chipgen.composing.theme import sung_tune, theme_bar
from chipgen.music.score import Note, Score, Track
from chipgen.rows.prompt import Prompt

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


def test_a_phrase_with_gaps_is_the_theme_where_nothing_else_is_sung() -> None:
    """Of phrases that all rest in two bars of four, the one with most notes is taken."""
    states, starts = tune("  A")
    states[9 * BAR : 11 * BAR] = 1
    assert theme_bar(states, starts) == 8


def test_what_another_track_plays_in_the_tunes_rests_is_not_sung() -> None:
    """An introduction by a second part is heard as the tune, but has nothing of the theme."""
    intro = [Note(float(beat), 1.0, 72 + beat % 5) for beat in range(16)]
    verse = [Note(16.0 + beat / 2, 0.5, 67 + beat * 5 % 12) for beat in range(32)]
    chords = [Note(4.0 * bar, 4.0, pitch) for bar in range(8) for pitch in (43, 47, 50)]
    tracks = (Track("intro", notes=tuple(intro)), Track("voice", notes=tuple(verse)),
              Track("pad", notes=tuple(sorted(chords))))  # fmt: skip
    prompt = Prompt.of(Score(tracks, end_beats=32.0))
    assert prompt.lines["melody"].track == 1
    sung = sung_tune(prompt)
    half = len(sung) // 2
    assert (prompt.carried_rows.states[:half, 0] > 1).sum() == 16
    assert not (sung[:half] > 1).any()
    assert (sung[half:] > 1).sum() == 32
    starts = np.arange(9) * (len(sung) // 8)
    states = prompt.carried_rows.states[:, 0]
    assert (theme_bar(states, starts), theme_bar(states, starts, sung)) == (0, 4)
