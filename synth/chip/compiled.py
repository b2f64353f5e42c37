"""Compiles the chip's functions with numba, and keeps the machine code on disk while it is true."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import numba

_SOURCES: Final = sorted(Path(__file__).parent.glob("*.py"))


def compiled(function: Callable[..., Any]) -> Any:
    """Compile `function` on its first call, or load what an earlier run compiled.

    Arithmetic stays strict IEEE 754 (no fast-math), so every machine computes the same samples.

    Notes
    -----
    numba decides whether stored machine code is still true by the age and size of the file that
    the function stands in. Functions here call each other across files and are linked into one
    piece, so the stamp is widened to all files of this folder. Where no folder can be written the
    functions are compiled anew in each process.
    """
    try:
        dispatcher = numba.njit(function, cache=True)
    except RuntimeError:  # numba: "no locator available", nowhere to keep the code
        return numba.njit(function)
    stored = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if stored is not None and hasattr(stored, "_source_stamp"):
        stored._source_stamp = _source_stamp()
    return dispatcher


@cache
def _source_stamp() -> tuple[float, int]:
    """Newest change and total size of the files that are linked together."""
    found = [path.stat() for path in _SOURCES]
    return max(stat.st_mtime for stat in found), sum(stat.st_size for stat in found)
