"""Form is measured as it is: phrases, static music, new bars, copies, returns of the theme."""

import numpy as np
import pytest

from benchmarks.listener.form import (
    copied_bars,
    is_phrased,
    is_static,
    likeness,
    new_bars,
    returns,
    theme_of,
    windows,
)
from tests.benchmarks.pieces import song


def test_bars_are_alike_as_far_as_they_share_notes() -> None:
    """A bar is wholly like itself and its repetition, less like another, symmetrically."""
    alike = likeness(song())
    assert np.allclose(np.diagonal(alike), 1.0)
    assert np.allclose(alike, alike.T)
    assert alike[0, 4] == 1.0
    assert alike[0, 1] < 0.7


def test_exact_phrases_are_phrased_and_shuffled_bars_are_not() -> None:
    """What comes again after four bars is phrased; few of its bars in other orders are."""
    piece = song(number=1)
    assert is_phrased(piece)
    assert is_phrased(song(number=2, repeats_after=8))
    orders = (np.random.default_rng(k).permutation(16) for k in range(20))
    assert sum(is_phrased(piece.in_order(order)) for order in orders) <= 5


def test_one_bar_over_and_over_is_static_and_not_phrased() -> None:
    """A repeated bar comes again after every number of bars."""
    piece = song().in_order([0] * 16)
    assert is_static(piece)
    assert not is_phrased(piece)
    assert not is_static(song())


def test_new_bars_are_those_that_were_not_heard_before() -> None:
    """Four bars that go round are new once; 32 different bars are all new."""
    assert new_bars(song(32)) == [4, 0]
    assert min(new_bars(song(32, repeats_after=32).take_voice("melody"))) >= 15
    assert new_bars(song(32), first=16) == [0]


def test_copies_of_the_seed_are_counted_by_the_tune() -> None:
    """A seed played again is all copies; another tune on the same chords is none."""
    seed = song(8, repeats_after=8)
    assert copied_bars(seed, seed.then(seed)) == 16
    assert copied_bars(seed, song(16, number=5, repeats_after=16)) <= 2


@pytest.mark.parametrize(("times", "expected"), [(0, 0), (1, 1), (2, 2)])
def test_the_theme_returns_as_often_as_it_is_played_again(times: int, expected: int) -> None:
    """Theme and contrast take turns; a theme that never leaves does not return."""
    theme = song(4, number=1)
    piece = theme.then(song(8, number=2, repeats_after=8))
    for number in range(times):
        piece = piece.then(theme).then(song(8, number=3 + number, repeats_after=8))
    assert theme_of(piece) == 0
    assert returns(piece) == expected


def test_windows_lie_one_behind_the_other() -> None:
    """33 bars have two windows of 16, each counted from its own beginning."""
    parts = windows(song(33))
    assert [part.bars for part in parts] == [16, 16]
    assert all(part.start.min() == 0 for part in parts)
