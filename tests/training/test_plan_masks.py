"""What a passage is told of its plan is chosen by chance, and what is told is not scored."""

import numpy as np

from chipgen.rows.plan_features import SPANS
from chipgen.training.plan_masks import MaskShares, PlanMask, choose_mask

ROWS = 256


def draw(count: int, shares: MaskShares | None = None) -> list[PlanMask]:
    """Return masks of many passages."""
    return [choose_mask(ROWS, np.random.default_rng(seed), shares) for seed in range(count)]


def test_every_task_is_drawn() -> None:
    """Passages without a plan, with kept voices and with gaps all occur; the rest is scored."""
    none = voices = gaps = 0
    for mask in draw(200):
        assert mask.scored.any()
        assert np.array_equal(mask.scored, ~(mask.known & mask.told[:, None]))
        none += not mask.columns.any()
        kept = (~mask.scored).all(axis=0)
        voices += bool(kept.any())
        gaps += bool(mask.told.any() and not mask.told.all())
        for name in ("meter", "chords", "density"):
            assert len(set(mask.columns[SPANS[name]].tolist())) == 1, "groups are told whole"
    assert none > 20
    assert voices > 20
    assert gaps > 10


def test_rows_after_a_gap_are_known_in_it_and_no_others() -> None:
    """A gap is told what follows it, but nothing of another gap."""
    for mask in draw(200):
        edges = np.flatnonzero(np.diff(mask.told.astype(int))) + 1
        for end in (edge for edge in edges if not mask.told[edge]):
            after = ~mask.told[end : end + 25]
            assert mask.known[end : end + 25][after].all()
        if mask.told.any() and not mask.told.all():
            known = mask.known & mask.told[:, None]
            assert not known.all(axis=1).any(), "a gap has voices to be written"


def test_shares_are_kept() -> None:
    """All, none, and as often as told."""
    assert not any(mask.columns.any() for mask in draw(20, MaskShares(unplanned=1.0)))
    told = [mask.columns[SPANS["chords"]].any() for mask in draw(100, MaskShares(0.0, 1.0))]
    assert not any(told)
    assert all(m.columns[SPANS["chords"]].all() for m in draw(50, MaskShares(0.0, 0.0)))


def test_the_same_number_chooses_the_same() -> None:
    """Masks are drawn from their generator alone."""
    for one, two in zip(draw(10), draw(10), strict=True):
        assert np.array_equal(one.columns, two.columns)
        assert np.array_equal(one.known, two.known)
        assert np.array_equal(one.told, two.told)
