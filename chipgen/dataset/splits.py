"""Lists the files of each split of a folder: NES-MDB, or any MIDI in `train/ valid/ test/`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from chipgen.errors import ChipgenError
from chipgen.music.formats import read_suffixes

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
            path for path in (folder / split).iterdir() if path.name.lower().endswith(suffixes)
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


def default_split(splits: Iterable[str]) -> str:
    """Return the split that is scored by default: test if it exists, else valid, else train.

    Examples
    --------
    >>> default_split(["train", "valid"])
    'valid'
    """
    return next(name for name in ("test", "valid", "train") if name in splits)
