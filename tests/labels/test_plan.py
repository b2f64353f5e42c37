"""A piece's plan says where its bars are and what they repeat."""

import numpy as np

from chipgen.labels.bar_lines import BarLines
from chipgen.labels.label_piece import label_rows
from chipgen.labels.plan import plan_of
from tests.labels.test_bar_references import bars


def test_the_plan_of_a_piece_in_bars() -> None:
    """Bars count down to the end, and a repeated bar's rows point at the same places."""
    rows = bars("CDEF", "GAGE", "CDEF", "GAGE")
    lines = BarLines.even(32, 8, confidence=(1.0, 1.0, 1.0))
    plan = plan_of(label_rows(rows, lines), rows)
    assert plan.bar_start[[0, 7, 8, 31]].tolist() == [0, 0, 8, 24]
    assert plan.end_bars[[0, 8, 31]].tolist() == [4, 3, 1]
    assert np.array_equal(plan.reference[16:32], np.arange(16))
    assert (plan.reference[:8] == -1).all()


def test_bars_that_are_not_known_are_not_planned() -> None:
    """Without sure bars only the key is told."""
    rows = bars("CDEF", "GAGE", "CDEF", "GAGE")
    plan = plan_of(label_rows(rows, BarLines.even(32, 8)), rows)
    for values in (plan.bar_start, plan.chord, plan.reference, plan.end_bars):
        assert (values == -1).all()
