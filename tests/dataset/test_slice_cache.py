"""A folder of MIDI becomes one file that holds the same slices, and knows what it was made of."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from chipgen.dataset.slice_cache import (
    DatasetConfig,
    cache_header,
    fingerprint_files,
    load_cache,
    load_data,
    prepare,
    save_cache,
    update_cache,
)
from chipgen.dataset.splits import split_files
from chipgen.errors import ChipgenError
from chipgen.music.formats import write_score
from tests.dataset.tunes import tune
from tests.tunes import make_data


def test_slices_are_the_notes(folder: Path) -> None:
    """A song's slices hold its pitches, a beat each, under its file's name."""
    data = prepare(folder, DatasetConfig())
    assert data.names == {"train": ["50.mid", "60.mid", "70.mid"], "valid": ["55.mid"]}
    song = data.songs["train"][1]
    assert song.shape == (40, 88)
    assert [int(p) + 21 for p in np.flatnonzero(song[3])] == [36, 63]


def test_what_is_stored_comes_back(folder: Path, tmp_path: Path) -> None:
    """A cache read again is the data that was written."""
    data = prepare(folder, DatasetConfig())
    save_cache(data, tmp_path / "c.cache", overwrite=False)
    back = load_cache(tmp_path / "c.cache")
    assert back.fingerprint == data.fingerprint
    assert (back.names, back.stats, back.config) == (data.names, data.stats, data.config)
    for split, songs in data.songs.items():
        assert all((a == b).all() for a, b in zip(songs, back.songs[split], strict=True))


def test_a_cache_is_made_once_and_again_when_anything_changes(folder: Path, tmp_path: Path) -> None:
    """The fingerprint covers files and settings; a stale cache is replaced only when asked."""
    path = tmp_path / "c.cache"
    config = DatasetConfig()
    assert update_cache(folder, path, config, overwrite=False, progress=False)[1]
    assert not update_cache(folder, path, config, overwrite=False, progress=False)[1]
    write_score(tune(52), folder / "train" / "60.mid", overwrite=True)
    with pytest.raises(Exception, match="--force"):
        update_cache(folder, path, config, overwrite=False, progress=False)
    assert update_cache(folder, path, config, overwrite=True, progress=False)[1]
    assert not update_cache(folder, path, config, overwrite=False, progress=False)[1]
    other = DatasetConfig(step_beats=0.5)
    assert fingerprint_files(split_files(folder), other) != load_cache(path).fingerprint


def test_resolutions() -> None:
    """Only slices of one beat or of half a second are the evaluation's."""
    assert DatasetConfig().is_half_second
    assert DatasetConfig(step_beats=0.5, step_s=0.5).is_half_second
    assert not DatasetConfig(step_beats=0.5).is_half_second


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"\x10" + b"\0" * 40])
def test_a_damaged_cache_is_named(tmp_path: Path, content: bytes) -> None:
    """Whatever lies in the file, the error is one line with its name."""
    path = tmp_path / "c.cache"
    path.write_bytes(content)
    with pytest.raises(ChipgenError, match=r"c\.cache"):
        load_cache(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda about, _: about.pop("config"), lambda about, _: about.update(names=3),
        lambda about, _: about["names"].update(other=["a"]),
        lambda about, _: about["stats"].update(train={"colour": 1}),
        lambda about, _: about.update(config=[1]), lambda about, _: about["names"].update(train=[]),
        lambda _, arrays: arrays.update({"train.lengths": -arrays["train.lengths"]}),
        lambda _, arrays: arrays.update({"train.lengths": 1 + arrays["train.lengths"]}),
        lambda _, arrays: arrays.update({"train.bits": arrays["train.bits"][:, 1:].copy()}),
        lambda _, arrays: arrays.update({"train.bits": arrays["train.bits"].astype(np.float64)}),
    ],
)  # fmt: skip
def test_a_cache_that_says_what_is_not_so_is_refused(
    tmp_path: Path, change: Callable[[Any, Any], None]
) -> None:
    """Its checksum proves that it is as somebody wrote it, not that this was `save_cache`."""
    path = tmp_path / "c.cache"
    save_cache(make_data(2, 1), path, overwrite=False)
    with safe_open(path, framework="numpy") as archive:
        about = json.loads(archive.metadata()["chipgen-slices"])
        arrays = {name: archive.get_tensor(name) for name in archive.keys()}  # noqa: SIM118
    change(about, arrays)
    save_file(arrays, path, metadata=cache_header(json.dumps(about), arrays))
    with pytest.raises(ChipgenError, match=r"c\.cache is not a data cache, or damaged"):
        load_cache(path)


@pytest.mark.parametrize("text", ["[]", "3", "null", '"a"'])
def test_a_cache_that_describes_nothing_is_refused(tmp_path: Path, text: str) -> None:
    """Its description is JSON, and of no data."""
    path = tmp_path / "c.cache"
    save_file({}, path, metadata=cache_header(text, {}))
    with pytest.raises(ChipgenError, match=r"c\.cache is not a data cache"):
        load_cache(path)


def test_missing_data_is_said(tmp_path: Path) -> None:
    """No folder, a folder without splits, no cache: each message says what to do."""
    with pytest.raises(ChipgenError, match="train/"):
        prepare(tmp_path, DatasetConfig())
    with pytest.raises(ChipgenError, match="chipgen dataset prepare"):
        load_data(tmp_path / "nothing.cache")


@pytest.mark.data
@pytest.mark.skipif("CHIPGEN_NESMDB" not in os.environ, reason="CHIPGEN_NESMDB is not set")
def test_nesmdb_valid_songs_kept(tmp_path: Path) -> None:
    """Of NES-MDB's 403 valid files 371 pass, 268 of them longer than 16 slices."""
    (tmp_path / "valid").symlink_to(Path(os.environ["CHIPGEN_NESMDB"]) / "valid")
    stats = prepare(tmp_path, DatasetConfig()).stats["valid"]
    assert (stats.files, stats.kept, stats.slices_over_16) == (403, 371, 268)


def test_a_song_s_name_need_not_be_utf_8(folder: Path, tmp_path: Path) -> None:
    """It is kept, and asked for again, as Python writes such names."""
    name = os.fsdecode(b"caf\xe9.mid")
    (folder / "train" / "50.mid").rename(folder / "train" / name)
    data = prepare(folder, DatasetConfig())
    save_cache(data, tmp_path / "a.cache", overwrite=False)
    assert name in load_cache(tmp_path / "a.cache").names["train"]
    assert fingerprint_files(split_files(folder), DatasetConfig()) == data.fingerprint
