"""An epoch holds every row, in range."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from chipgen.rows.row_states import HIGHEST, LOWEST
from chipgen.training.rows_cache import prepare_rows
from chipgen.training.rows_passages import AugmentConfig, choose, plan_passages


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
    shifts = set()
    for plan in plans:
        chosen = choose(split, plan, augment)
        shifts |= set(chosen.shift.tolist())
        assert len(plan) * plan[0].length <= 256
        for k, passage in enumerate(plan):
            states = split.rows.states[passage.begin : passage.end].astype(int)
            assert chosen.place[k] in passage.begin - split.offsets
            for voice in range(3):
                begun = states[:, voice][states[:, voice] > 1] + chosen.shift[k]
                assert ((begun >= LOWEST[voice]) & (begun <= HIGHEST[voice])).all()
    assert len(shifts) > 3
