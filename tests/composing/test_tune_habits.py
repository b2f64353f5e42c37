"""What a tune is held to: what it seldom did in its seed."""

import numpy as np
import pytest

from chipgen.composing.tune_habits import as_new_tune, tune_habits
from chipgen.models.row_transformer.sampling import TuneHabits
from chipgen.rows.plan_features import CLOSE, NEW, PLAN_COLUMNS, SPANS, PlannedRows
from chipgen.rows.row_states import Rows

BAR = 16


def tune(pitches: list[int], length: int = 2) -> Rows:
    """Return rows of one voice whose notes last so many rows."""
    states = np.zeros((len(pitches) * length, 4), dtype=np.uint8)
    states[:, 0] = 1
    states[::length, 0] = pitches
    return Rows(states, states * 0, states * 0, np.full(len(states), 6))


def test_a_tune_that_does_it_may_do_it() -> None:
    """Leaps and returns are held against no tune that is made of them."""
    scale = tune_habits(tune([60, 62, 64, 65, 67, 69, 71, 72] * 2))
    assert scale.back == pytest.approx(TuneHabits().back)
    assert tune_habits(tune([60, 62, 64, 62] * 4)).leap == pytest.approx(TuneHabits().leap)
    assert tune_habits(tune([60, 67, 72, 67] * 4)).leap == 0.0
    assert tune_habits(tune([60, 64] * 8)).back == 0.0


def test_few_notes_tell_nothing() -> None:
    """A seed of a few notes is held to what is usual."""
    assert tune_habits(tune([60, 60, 60])) == TuneHabits()


def test_a_tune_over_chords_is_new_for_a_phrase() -> None:
    """Its first bars are new; later ones come again where the bars do."""
    codes = np.zeros((8 * BAR, PLAN_COLUMNS), dtype=np.uint8)
    codes[:, SPANS["meter"]] = [(1 + row % BAR, BAR, 1) for row in range(8 * BAR)]
    codes[:, SPANS["kind"]] = CLOSE
    reference = np.arange(8 * BAR) - 4 * BAR
    plan = PlannedRows(codes, np.where(reference >= 0, reference, -1))
    as_new_tune(plan, 4)
    kinds = plan.codes[:, SPANS["kind"]]
    assert (kinds[: 4 * BAR, 0] == NEW).all()
    assert (kinds[4 * BAR :, 0] == CLOSE).all()
    assert (kinds[:, 1] == CLOSE).all()
