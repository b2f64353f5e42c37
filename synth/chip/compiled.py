"""Compiles functions with numba, and keeps the machine code on disk while it is true."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba


def compiled(function: Callable[..., Any]) -> Any:
    """Compile `function` on its first call, or load what an earlier run compiled.

    Arithmetic stays strict IEEE 754 (no fast-math), so every machine computes the same samples.

    Notes
    -----
    numba decides whether stored machine code is still true by the age and size of the file that
    the function stands in. Functions here call each other across files and are linked into one
    piece, so the stamp is widened to all files of the function's folder. Where no folder can be
    written the functions are compiled anew in each process.
    """
    try:
        dispatcher = numba.njit(function, cache=True)
    except RuntimeError:  # numba: "no locator available", nowhere to keep the code
        return numba.njit(function)
    stored = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if stored is not None and hasattr(stored, "_source_stamp"):
        stored._source_stamp = _source_stamp(Path(function.__code__.co_filename).parent)
    return dispatcher


@cache
def _source_stamp(folder: Path) -> tuple[float, int]:
    """Newest change and total size of the files that are linked together."""
    found = [path.stat() for path in sorted(folder.glob("*.py"))]
    return max(stat.st_mtime for stat in found), sum(stat.st_size for stat in found)
