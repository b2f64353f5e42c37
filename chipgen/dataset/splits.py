"""Lists the files of each split of a folder: NES-MDB, or any MIDI in `train/ valid/ test/`."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from chipgen.errors import ChipgenError
from chipgen.music.formats import all_formats, read_bytes, read_suffixes

SPLITS: Final = ("train", "valid", "test")

# What the first version of the model card says it kept, split by split.
CARD_SONGS: Final = {"train": 4160, "valid": 373, "test": 331}


def split_files(folder: Path) -> dict[str, list[Path]]:
    """List the MIDI files of each split that exists, sorted by name.

    Raises
    ------
    ChipgenError
        If the folder does not exist or holds no split with a MIDI file.
    """
    if not folder.is_dir():
        raise ChipgenError(f"{folder}: no such folder; name one that holds train/ and valid/")
    suffixes = read_suffixes("score")
    splits = {
        split: sorted(
            path
            for path in (folder / split).iterdir()
            if path.name.lower().endswith(suffixes) and path.is_file()
        )
        for split in SPLITS
        if (folder / split).is_dir()
    }
    splits = {split: files for split, files in splits.items() if files}
    if not splits:
        raise ChipgenError(
            f"{folder} holds no MIDI file in train/, valid/ or test/; unpack NES-MDB's MIDI "
            "archive and name the folder that holds its train/"
        )
    return splits


def song_bytes(path: Path) -> bytes:
    """Return the bytes of a song's file, which may be damaged.

    Raises
    ------
    ChipgenError
        If it cannot be read, or is larger than any score.
    """
    rows = [row for row in all_formats() if row.reads == "score"]
    return read_bytes(path, max(rows, key=lambda row: row.max_bytes))


def content_digest(path: Path) -> bytes:
    """Return the SHA-256 of a song's file (see `song_bytes`)."""
    return hashlib.sha256(song_bytes(path)).digest()


def default_split(splits: Iterable[str]) -> str:
    """Return the split that is scored by default: test if it exists, else valid, else train.

    Examples
    --------
    >>> default_split(["train", "valid"])
    'valid'
    """
    return next(name for name in ("test", "valid", "train") if name in splits)
