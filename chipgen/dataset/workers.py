"""A folder's files to what is made of each, in order, over at most two processes."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

MAX_PROCESSES: Final = 2
_FEWEST_FILES: Final = 32  # fewer are done before a second process has begun

Made = TypeVar("Made")


def map_files(
    work: Callable[[Path], Made], files: Sequence[Path], processes: int = MAX_PROCESSES
) -> Iterator[Made]:
    """Apply `work` to each file; the answers come in the files' order."""
    if processes <= 1 or len(files) < _FEWEST_FILES:
        yield from map(work, files)
        return
    # spawn: fork is unsafe once a library has started threads.
    with multiprocessing.get_context("spawn").Pool(min(processes, MAX_PROCESSES)) as pool:
        yield from pool.imap(work, files, chunksize=16)
