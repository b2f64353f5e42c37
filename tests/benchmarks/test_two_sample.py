"""The two-sample test tells what differs, and nothing where nothing does."""

import numpy as np
import pytest

from benchmarks.listener.classifier_features import GROUPS, describe
from benchmarks.listener.two_sample import auc, compare
from tests.benchmarks.pieces import song

PAIRS = 24


def test_auc_is_the_chance_of_the_right_order() -> None:
    """Sorted scores have 1, reversed ones 0, equal ones a half."""
    labels = np.array([0, 0, 1, 1])
    assert auc(np.array([1.0, 2.0, 3.0, 4.0]), labels) == 1.0
    assert auc(np.array([4.0, 3.0, 2.0, 1.0]), labels) == 0.0
    assert auc(np.ones(4), labels) == 0.5


@pytest.fixture(scope="module")
def described() -> dict[str, list[dict[str, list[float]]]]:
    """Return seeds gone on with by themselves, and by the same a third lower and half as dense."""
    same, other = [], []
    for number in range(PAIRS):
        whole = song(16, number=number, repeats_after=8)
        seed, after = whole.bars_between(0, 8), whole.bars_between(8, 16)
        same.append(describe(seed, after))
        other.append(describe(seed, after.take(np.arange(len(after)) % 2 == 0)))
    return {"same": same, "other": other}


def test_every_group_says_the_same_number_of_things_of_every_piece(
    described: dict[str, list[dict[str, list[float]]]],
) -> None:
    """Numbers are finite and as many for each piece."""
    for name in GROUPS:
        sizes = {len(each[name]) for pieces in described.values() for each in pieces}
        assert len(sizes) == 1
        assert all(np.isfinite(each[name]).all() for each in described["same"])


def test_different_music_is_told_apart_and_swapped_labels_are_not(
    described: dict[str, list[dict[str, list[float]]]],
) -> None:
    """Half the notes missing is seen at once; the same pieces with labels drawn by coin are not."""
    same, other = described["same"], described["other"]
    found = compare(same, other, ("rhythm",))
    assert found.value > 0.95
    assert found.low <= found.value <= found.high
    swapped = compare(same, other, ("rhythm",), swap=True)
    assert 0.25 < swapped.value < 0.75
