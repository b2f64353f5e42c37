"""A passage is drawn after what came before, or what follows; states are gone back to."""

from typing import Any

import numpy as np
import pytest

from chipgen.composing.infill_ways import Marked, Way, as_heard_before
from chipgen.rows.plan_features import (
    CHORD,
    CLOSE,
    SPANS,
    VARIED,
    PlannedRows,
    RowPlan,
    encode_planned,
)
from chipgen.rows.row_states import HOLD, REST, Rows
from tests.row_songs import plain_rows


def plan(rows: int) -> PlannedRows:
    """Return the plan of some rows of which nothing is known."""
    played, dense = np.zeros((rows, 2), np.uint8), np.zeros((rows, 4), np.uint8)
    return PlannedRows(
        encode_planned(RowPlan.unknown(rows), played, dense), np.full(rows, -1, dtype=np.int64)
    )


def line(*states: int) -> Rows:
    """Return rows in which the first pulse does this, and nobody else plays."""
    table = np.zeros((len(states), 4), dtype=np.uint8)
    table[:, 0] = states
    return plain_rows(table)


@pytest.mark.parametrize("lag", [4, 5])
def test_what_follows_is_heard_first_and_varied(lag: int) -> None:
    """It lies before all else; the passage varies its rows, and is new where there are none."""
    before, after = line(60, HOLD, 62), line(64, 65)
    way = as_heard_before(before, 4, after, plan(9), lag)
    assert way.history.states[:, 0].tolist() == [64, 65, 60, HOLD, 62]
    assert way.plan is not None
    taken = [0, 1][lag - 4 :]
    new = 4 - len(taken)
    assert way.plan.reference.tolist() == [-1] * 5 + taken + [-1] * new
    kinds = way.plan.codes[:, SPANS["kind"]]
    assert kinds[:, 0].tolist() == [0] * 5 + [VARIED] * len(taken) + [0] * new
    assert not way.copies.any()
    band = way.over_its_bass()
    assert band.plan is not None
    over = band.plan.codes[:, SPANS["kind"]]
    assert over[:, 0].tolist() == kinds[:, 0].tolist()
    assert over[5:, 1].tolist() == [CLOSE] * len(taken) + [0] * new
    assert band.copies.tolist() == [False, False, True, True]


def test_what_is_varied_can_be_told() -> None:
    """A voice that is silent rests until it begins a note; what was not heard is not told."""
    history = line(60, HOLD, 62, REST)
    told = plan(6)
    told.reference[4:] = [1, 2]
    rows = Way(history, told).referred(2)
    assert rows is not None
    assert rows.states[:, 0].tolist() == [REST, 62]
    assert Way(history, told).referred(3) is None
    told.reference[5] = 4
    assert Way(history, told).referred(2) is None
    assert Way(history, None).referred(2) is None


class Counter:
    """Stands for a model's state: it counts the rows that were read."""

    def __init__(self) -> None:
        self.rows = 0

    def extend(self, rows: Rows) -> None:
        """Read rows."""
        self.rows += len(rows)

    def save(self, rows: int) -> int:
        """Return what `restore` needs."""
        del rows
        return self.rows

    def restore(self, saved: int) -> None:
        """Go back."""
        self.rows = saved


def test_a_state_is_gone_back_to() -> None:
    """However much was read from it, it stands where it was made, and behind a head as well."""
    for rows in (8, 5000):  # of which more than a state can go back are made anew
        made: list[Any] = []

        def make(made: list[Any] = made) -> Any:
            made.append(Counter())
            return made[-1]

        marked = Marked(make, rows)
        for _ in range(3):
            state: Any = marked.state()
            assert state.rows == 0
            state.extend(line(60, 61))
        assert len(made) == (1 if rows == 8 else 3)
        behind = marked.behind(line(60, 61, 62), 4)
        for _ in range(2):
            state = behind.state()
            assert state.rows == 3
            state.extend(line(60))
        assert marked.behind(line(), 4) is marked


def test_a_bass_brings_its_chords() -> None:
    """How far they are those of the passage is told."""
    history, told = line(60, 62, 64), plan(5)
    told.reference[3:] = [0, 1]
    told.codes[:, CHORD] = [5, 6, 7, 5, 8]
    way = Way(history, told)
    assert way.chords_kept() == 0.5
    band = way.over_its_bass()
    assert band.plan is not None
    assert band.plan.codes[:, CHORD].tolist() == [5, 6, 7, 5, 6]
    assert band.chords_kept() == 1.0
