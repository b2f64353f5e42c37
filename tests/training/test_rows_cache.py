"""Songs become described rows, cached until a note changes."""

from pathlib import Path

import numpy as np
import pytest

from chipgen.errors import ChipgenError
from chipgen.rows.row_features import describe_rows_all
from chipgen.training.rows_cache import load_rows, prepare_rows
from tests.songs import write_song


def files(folder: Path, split: str) -> list[Path]:
    """Return a split's files."""
    return sorted((folder / split).glob("*.mid"))


def test_songs_become_described_rows(folder: Path, tmp_path: Path) -> None:
    """Songs lie one after the other, described each from its own beginning, the same from cache."""
    split = prepare_rows(files(folder, "train"))
    assert len(split) == 6
    assert split.fit.kept_share == 1.0
    assert split.fit.near_share == 1.0
    for song in range(len(split)):
        rows = split.span(song)
        alone = describe_rows_all(split.rows[rows])
        assert np.array_equal(alone, split.codes[rows])
    cache = tmp_path / "rows.npz"
    load_rows(files(folder, "train"), cache)
    again = load_rows(files(folder, "train"), cache)
    assert np.array_equal(again.codes, split.codes)
    assert again.fit == split.fit
    with pytest.raises(ChipgenError, match="bars"):
        prepare_rows(files(folder, "train"), "bars")


def test_labels_are_made_where_they_are_asked_for(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scoring finds none; a cache without them is rebuilt, and one that has them serves both."""
    cache = tmp_path / "rows.npz"
    plain = load_rows(files(folder, "train"), cache)
    assert plain.labels is plain.plan is None
    split = load_rows(files(folder, "train"), cache, labelled=True)
    assert split.labels is not None
    assert split.plan is not None
    assert np.array_equal(split.codes, plain.codes)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the cache has all of it")

    monkeypatch.setattr("chipgen.training.rows_cache.prepare_rows", refuse)
    load_rows(files(folder, "train"), cache)
    again = load_rows(files(folder, "train"), cache, labelled=True)
    assert again.labels is not None
    assert np.array_equal(again.plan, split.plan)
    for song in range(len(split)):
        assert len(again.labels.song(song)) == split.span(song).stop - split.span(song).start
    for name, array in split.labels.arrays.items():
        assert np.array_equal(again.labels.arrays[name], array), name


def test_frames_have_no_labels(folder: Path) -> None:
    """Bars are those of rows."""
    with pytest.raises(ChipgenError, match="only rows are labelled"):
        prepare_rows(files(folder, "train"), "frames12", labelled=True)


def test_the_cache_is_made_again_when_a_note_changes(tmp_path: Path) -> None:
    """A file of the same name and size, with one other pitch, is another song."""
    path, cache = tmp_path / "song.mid", tmp_path / "rows.npz"
    write_song(path, 1)
    before = load_rows([path], cache)
    changed = bytearray(path.read_bytes())
    at = changed.index(bytes([0x90])) + 1
    pitch = changed[at]
    for index in range(len(changed) - 1):  # that note's beginnings and ends
        if changed[index] == 0x90 and changed[index + 1] == pitch:
            changed[index + 1] = pitch + 7
    path.write_bytes(changed)
    after = load_rows([path], cache)
    assert after.key != before.key
    assert not np.array_equal(after.rows.states, before.rows.states)
