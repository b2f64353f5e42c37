"""Bars that come again are found, and how closely each voice group repeats them."""

import numpy as np

from chipgen.labels.bar_references import find_references
from chipgen.rows.plan_features import CLOSE, NEW, VARIED
from chipgen.rows.row_states import Rows


def bars(*tunes: str, bass: str = "CCCC") -> Rows:
    """Write bars of eight rows: letters are pitches of p1 on every second row, bass on tr."""
    states = np.ones((8 * len(tunes), 4), dtype=np.uint8)
    states[:, [1, 3]] = 0
    for bar, tune in enumerate(tunes):
        for at, letter in enumerate(tune):
            states[8 * bar + 2 * at, 0] = 60 + ord(letter) - ord("A")
            states[8 * bar + 2 * at, 2] = 36 + ord(bass[at]) - ord("A")
    zeros = np.zeros_like(states)
    return Rows(states, zeros, zeros, np.full(len(states), 6))


def test_a_bar_refers_to_the_one_it_repeats() -> None:
    """The same bar again is close, half of its notes varied, another tune over one bass new."""
    rows = bars("CDEF", "GAGE", "CDEF", "CDGG", "BABA")
    reference, kind = find_references(rows, 8 * np.arange(6))
    assert reference[2] == 0
    assert kind[2].tolist() == [CLOSE, CLOSE]
    assert kind[3].tolist() == [VARIED, CLOSE]
    assert kind[4].tolist() == [NEW, CLOSE]
    assert kind[0].tolist() == [NEW, NEW]


def test_nothing_alike_is_no_reference() -> None:
    """Bars that have nothing in common point nowhere."""
    first, second = bars("CDEF"), bars("GAHB", bass="DEFG")
    reference, kind = find_references(first.then(second), 8 * np.arange(3))
    assert reference.tolist() == [-1, -1]
    assert (kind == NEW).all()


def test_of_equal_bars_the_one_four_bars_back_is_chosen() -> None:
    """Phrases are mostly four bars long."""
    reference, _ = find_references(bars(*["CDEF"] * 6), 8 * np.arange(7))
    assert reference[4] == 0
    assert reference[5] == 1
