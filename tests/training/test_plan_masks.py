"""What a passage is told of its plan is chosen by chance, and what is told is not scored."""

from dataclasses import replace

import numpy as np

from chipgen.rows.plan_features import OFFSETS, SPANS, RowPlan, encode_plan
from chipgen.training.plan_masks import mask_plan
from tests.row_songs import invent

STATES = invent(256).states
PLAN = encode_plan(
    replace(RowPlan.unknown(256), bar_start=np.arange(256) // 16 * 16, bar_rows=np.full(256, 16)),
    STATES,
)


def test_every_task_is_drawn_and_what_is_told_is_true() -> None:
    """Passages without a plan, with kept voices and with gaps all occur; told states are right."""
    none = voices = gaps = 0
    for seed in range(200):
        told, scored = mask_plan(PLAN, STATES, np.random.default_rng(seed))
        known = told[:, SPANS["known"]].reshape(256, len(OFFSETS), 4)
        assert np.array_equal(scored, known[:, 0] == 0)
        assert scored.any()
        for which, ahead in enumerate(OFFSETS):
            here = known[: 256 - ahead, which]
            assert np.array_equal(here[here > 0], (STATES[ahead:] + 1)[here > 0])
        none += not told.any()
        kept = (~scored).all(axis=0)
        voices += bool(kept.any())
        gaps += bool(known.any() and not kept.any())
        meter = told[:, SPANS["meter"]]
        assert not meter.any() or np.array_equal(meter, PLAN[:, SPANS["meter"]])
    assert none > 10
    assert voices > 20
    assert gaps > 10


def test_the_same_number_tells_the_same() -> None:
    """Masks are drawn from their generator alone."""
    one, two = (mask_plan(PLAN, STATES, np.random.default_rng(3)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
