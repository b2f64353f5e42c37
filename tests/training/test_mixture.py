"""Several data sets are learned from together, each song as often as the settings say."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chipgen.errors import ChipgenError
from chipgen.training.mixture import check_mixture, join_splits
from chipgen.training.rows_data import RowSplit, prepare_rows
from chipgen.training.rows_passages import AugmentConfig, plan_passages
from chipgen.training.train_row_transformer import train
from tests.commandline import run
from tests.songs import write_songs
from tests.training.row_training import request


@pytest.fixture(scope="module")
def splits(folder: Path) -> tuple[RowSplit, RowSplit]:
    """Return two splits of different songs."""
    return tuple(  # type: ignore[return-value]
        prepare_rows(sorted((folder / name).glob("*.mid")), labelled=True)
        for name in ("train", "valid")
    )


def test_joined_songs_are_the_same_songs(splits: tuple[RowSplit, RowSplit]) -> None:
    """Each song has its rows, codes and labels, in the order of the splits."""
    both = join_splits(splits, [1.0, 0.5])
    assert len(both) == sum(map(len, splits))
    assert both.labels is not None
    song = 0
    for split in splits:
        for index in range(len(split)):
            mine, theirs = both.span(song), split.span(index)
            assert np.array_equal(both.codes[mine], split.codes[theirs])
            assert np.array_equal(both.rows.states[mine], split.rows.states[theirs])
            assert split.labels is not None
            assert np.array_equal(both.labels.song(song).chords, split.labels.song(index).chords)
            song += 1
    assert both.key != splits[0].key


def test_songs_are_heard_as_often_as_their_weight_says(splits: tuple[RowSplit, RowSplit]) -> None:
    """None, once, twice, and in the mean a half."""
    split = splits[0]
    first = int(split.offsets[1])

    def heard(weight: float, epoch: int) -> int:
        weights = np.zeros(len(split))
        weights[0] = weight
        plan = plan_passages(
            replace(split, weights=weights), 256, first, AugmentConfig(),
            np.random.default_rng(epoch),
        )  # fmt: skip
        begun = Counter(p.begin for batch in plan for p in batch)
        assert set(begun) <= {0}
        return begun[0]

    assert [heard(weight, 0) for weight in (0.0, 1.0, 2.0)] == [0, 1, 2]
    assert 10 <= sum(heard(0.5, epoch) for epoch in range(40)) <= 30


def test_a_training_learns_from_other_folders_too(folder: Path, tmp_path: Path) -> None:
    """Their train songs are counted, and what was learned from is another data set."""
    more = write_songs(tmp_path / "more", train=2, valid=1)
    alone = train(request(folder, tmp_path / "alone", steps=2, evaluate_steps=2))
    asked = request(folder, tmp_path / "both", steps=2, evaluate_steps=2, mixture={"more": 2.0})
    both = train(replace(asked, also=(more,)))
    count = len(list((folder / "train").glob("*.mid")))
    assert f"{count} songs to learn from" in alone.report.read_text()
    assert f"{count + 2} songs to learn from" in both.report.read_text()
    assert alone.path.read_bytes() != both.path.read_bytes()


def test_weights_are_of_folders_that_are_there(tmp_path: Path) -> None:
    """A weight without its folder, and two folders of one name, are named."""
    with pytest.raises(ChipgenError, match="pop909 is no folder"):
        check_mixture([tmp_path / "music21"], {"pop909": 0.5})
    with pytest.raises(ChipgenError, match="one name"):
        check_mixture([tmp_path / "a" / "x", tmp_path / "b" / "x"], {})
    refused = run("train", "tonnetz-lstm", "--data", tmp_path, "--also", tmp_path, "-o", "run")
    assert refused.exit_code == 2
    assert "--also" in refused.stderr
