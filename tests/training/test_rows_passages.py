"""An epoch holds every row, in range."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from chipgen.rows.features import COLUMNS
from chipgen.rows.plan_features import SPANS
from chipgen.rows.states import HIGHEST, LOWEST
from chipgen.training.rows_data import prepare_rows
from chipgen.training.rows_passages import AugmentConfig, assemble, plan_passages


def files(folder: Path, split: str) -> list[Path]:
    """Return a split's files."""
    return sorted((folder / split).glob("*.mid"))


def test_an_epoch_hears_every_row_and_stays_in_range(folder: Path) -> None:
    """Passages cover the songs, each moved by one interval, in the voices' ranges."""
    split = prepare_rows(files(folder, "train"), labelled=True)
    augment = AugmentConfig(transpose=6, swap=0.5)
    plans = plan_passages(split, 256, 64, augment, np.random.default_rng(0))
    spans = sorted((p.begin, p.end) for plan in plans for p in plan)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert sum(end - begin for begin, end in spans) >= 0.8 * len(split.rows)
    assert {passage.swapped for plan in plans for passage in plan} == {False, True}
    for plan in plans:
        codes, parts, valid, scored = assemble(split, plan, augment)
        states = parts[0]
        assert codes.shape[:2] == states.shape[:2] == valid.shape
        assert valid.size <= 256
        assert not scored[~valid].any()
        known = codes[..., COLUMNS:][..., SPANS["known"]][..., :4] > 0
        assert np.array_equal(scored[valid], ~known[valid])
        for voice in range(4):
            begun = states[..., voice][valid]
            begun = begun[begun > 1]
            assert ((begun >= LOWEST[voice]) & (begun <= HIGHEST[voice])).all()
        # The previous row's states are the first columns of a row's description.
        both = valid[:, 1:] & valid[:, :-1]
        assert np.array_equal(codes[:, 1:, :4][both], states[:, :-1][both])
