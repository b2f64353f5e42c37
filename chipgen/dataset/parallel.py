"""Applies a function to a folder's files, in order, over at most two processes."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Protocol, TypeVar

from tqdm import tqdm

from chipgen.dataset.splits import split_files

MAX_PROCESSES: Final = 2
_FEWEST_FILES: Final = 32  # fewer are done before a second process has begun

Made = TypeVar("Made")
_Made_co = TypeVar("_Made_co", covariant=True)


class SplitWork(Protocol[_Made_co]):
    """What is done with a file of a split."""

    def __call__(self, path: Path, split: str) -> _Made_co:
        """Return what is made of the file."""
        ...


def map_files(
    work: Callable[[Path], Made],
    files: Sequence[Path],
    processes: int = MAX_PROCESSES,
    chunk: int = 16,
) -> Iterator[Made]:
    """Apply `work` to each file, `chunk` at a time; the answers come in the files' order."""
    if processes <= 1 or len(files) < _FEWEST_FILES:
        yield from map(work, files)
        return
    # spawn: fork is unsafe once a library has started threads.
    with multiprocessing.get_context("spawn").Pool(min(processes, MAX_PROCESSES)) as pool:
        yield from pool.imap(work, files, chunksize=chunk)


def map_songs(
    work: Callable[[Path], Made], files: Sequence[Path], what: str, *, progress: bool = False
) -> Iterator[Made]:
    """Apply `work` to each song's file, in their order, under a bar called `what`."""
    yield from tqdm(
        map_files(work, files), total=len(files), desc=what, unit="song",
        disable=None if progress else True,
    )  # fmt: skip


def map_splits(
    work: SplitWork[Made],
    folder: Path,
    what: str,
    *,
    processes: int = MAX_PROCESSES,
    progress: bool = False,
) -> list[Made]:
    """Apply `work` to each file of a folder and the name of its split, under a bar called `what`.

    Raises
    ------
    ChipgenError
        If there is no MIDI file.
    """
    made: list[Made] = []
    splits = split_files(folder)
    total = sum(map(len, splits.values()))
    with tqdm(total=total, desc=what, unit="file", disable=None if progress else True) as bar:
        for split, files in splits.items():
            for one in map_files(partial(work, split=split), files, processes):
                made.append(one)
                bar.update()
    return made
