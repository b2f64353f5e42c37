"""How high and low voices play."""

import numpy as np

from chipgen.composing.reach import keeps_order, reach_of_bass, reach_to_add, reach_to_go_on
from chipgen.rows.row_states import Rows


def rows(p1: list[int], p2: list[int], tr: list[int]) -> Rows:
    """Return rows of three voices."""
    states = np.array([p1, p2, tr, [0] * len(p1)], dtype=np.uint8).T
    return Rows(states, states * 0, states * 0, np.full(len(states), 6))


def test_voices_that_are_added_lie_in_order() -> None:
    """Under a tune harmony and bass, over chords a tune."""
    under = reach_to_add(rows([72, 74, 76], [0, 0, 0], [0, 0, 0]))
    assert under[1][1] <= 76
    assert under[2][1] <= 62
    over = reach_to_add(rows([0, 0, 0], [64, 65, 67], [40, 41, 43]))
    assert over[0][0] > 65


def test_voices_go_on_where_they_played() -> None:
    """With room beyond, and more where the seed says little."""
    low, high = reach_to_go_on(rows([60, 72], [0, 0], [36, 48]))[0]
    assert low <= 59
    assert 74 <= high <= 78


def test_order_is_kept_where_the_seed_has_one() -> None:
    """Voices that cross all the time, or that are alone, have none."""
    assert keeps_order(rows([72, 1, 74, 1], [60, 1, 62, 64], [0] * 4))
    assert not keeps_order(rows([60, 1, 62, 1], [72, 1, 74, 1], [0] * 4))
    assert not keeps_order(rows([60, 1, 62, 1], [0] * 4, [0] * 4))


def test_a_bass_goes_on_where_it_was_and_pulses_go_anywhere() -> None:
    """Only the triangle is bounded, near what it played in the seed."""
    bass = [36, 38, 40, 38]
    first, second, (low, high) = reach_of_bass(rows([72] * 4, [60] * 4, bass))
    assert first == second == (0, 127)
    assert 28 <= low < 36
    assert 40 < high <= 48
