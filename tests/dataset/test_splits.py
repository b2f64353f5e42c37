"""Only files are songs of a split, and none is read that is larger than any score."""

import os
from pathlib import Path

import pytest

from chipgen.dataset.splits import content_digest, split_files
from chipgen.errors import ChipgenError


@pytest.fixture
def train(tmp_path: Path) -> Path:
    """Return a split's folder with one song."""
    folder = tmp_path / "train"
    folder.mkdir()
    (folder / "a.mid").write_bytes(b"MThd")
    return folder


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_pipes_and_folders_are_no_songs(train: Path) -> None:
    """A pipe that nobody writes to would be waited for."""
    os.mkfifo(train / "pipe.mid")
    (train / "folder.mid").mkdir()
    (train / "zero.mid").symlink_to("/dev/zero")
    assert split_files(train.parent) == {"train": [train / "a.mid"]}


def test_a_song_without_end_is_named(train: Path) -> None:
    """It is not read, however little of the disk it takes."""
    assert len(content_digest(train / "a.mid")) == 32
    os.truncate(train / "a.mid", 1 << 40)
    with pytest.raises(ChipgenError, match=r"a\.mid is larger than 50 MB"):
        content_digest(train / "a.mid")
