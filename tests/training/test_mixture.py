"""Several data sets are learned from together, each with its share of what is heard."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chipgen.errors import ChipgenError
from chipgen.training.mixture import check_mixture, join_splits
from chipgen.training.rows_cache import RowSplit, prepare_rows
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
    both = join_splits(splits, [None, 0.5])
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


def test_each_split_has_its_share(splits: tuple[RowSplit, RowSplit]) -> None:
    """Of the rows heard in many epochs; the songs of those without a share are heard once each."""

    def heard(*shares: float | None) -> tuple[Counter[int], float]:
        both = join_splits(splits, shares)
        songs: Counter[int] = Counter()
        for epoch in range(60):
            plan = plan_passages(both, 256, 64, AugmentConfig(), np.random.default_rng(epoch))
            for passage in (p for batch in plan for p in batch):
                song = int(np.searchsorted(both.offsets, passage.begin, side="right")) - 1
                songs[song] += passage.end - passage.begin
        second = sum(many for song, many in songs.items() if song >= len(splits[0]))
        return songs, second / songs.total()

    assert heard(None, 0.0)[1] == 0.0
    assert heard(None, 0.7)[1] == pytest.approx(0.7, abs=0.08)
    sizes = [len(split.codes) for split in splits]
    assert heard(None, None)[1] == pytest.approx(sizes[1] / sum(sizes), abs=0.05)


def test_a_training_learns_from_other_folders_too(folder: Path, tmp_path: Path) -> None:
    """Their train songs are counted, and what was learned from is another data set."""
    more = write_songs(tmp_path / "more", train=2, valid=1)
    alone = train(request(folder, tmp_path / "alone", steps=2, evaluate_steps=2))
    asked = request(folder, tmp_path / "both", steps=2, evaluate_steps=2, mixture={"more": 0.6})
    both = train(replace(asked, also=(more,)))
    count = len(list((folder / "train").glob("*.mid")))
    assert f"{count} songs to learn from" in alone.report.read_text()
    assert f"{count + 2} songs to learn from" in both.report.read_text()
    assert alone.path.read_bytes() != both.path.read_bytes()


def test_shares_are_of_folders_that_are_there(tmp_path: Path) -> None:
    """A share without its folder, and two folders of one name, are named."""
    with pytest.raises(ChipgenError, match="pop909 is no folder"):
        check_mixture([tmp_path / "music21"], {"pop909": 0.5})
    with pytest.raises(ChipgenError, match="one name"):
        check_mixture([tmp_path / "a" / "x", tmp_path / "b" / "x"], {})
    refused = run("train", "tonnetz-lstm", "--data", tmp_path, "--also", tmp_path, "-o", "run")
    assert refused.exit_code == 2
    assert "--also" in refused.stderr
