"""Compiles the chip's functions with numba, and keeps the machine code on disk while it is true."""

import contextlib
import hashlib
import importlib
import importlib.util
import os
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import numba

_CHIP: Final = Path(__file__).parent


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function that other compiled functions call.

    Arithmetic stays strict IEEE 754 (no fast-math), so every machine computes the same samples.
    Divisions are not checked for 0, which no divisor here can be. Functions of
    this folder must not make arrays, nor assign slices, which numba may have to copy.
    """
    return numba.njit(function, **_settings(function))


def compiled_entry(function: Callable[..., Any]) -> Any:
    """Compile a function that Python calls, or load what an earlier run compiled.

    Other threads of Python go on while it runs.

    Notes
    -----
    numba takes stored machine code for true as long as the file with the function is unchanged.
    These functions call others across files and are linked with them, so here the stored code is
    named after the state of all files of this folder and of the function's own. It lies beside
    the source, or in the user's cache folder, or in a temporary folder of the user's own; where
    none can be written, functions are compiled anew in each process.
    """

    def stored() -> Any:
        return numba.njit(function, cache=True, nogil=True, **_settings(function))

    try:
        dispatcher = stored()
    except RuntimeError:  # numba: "no locator available", neither beside the code nor at home
        folder = _own_temporary_folder()
        if folder is None:
            return compiled(function)
        settings: Any = numba.config
        settings.CACHE_DIR = str(folder)
        dispatcher = stored()
    folders = frozenset((_CHIP, Path(function.__code__.co_filename).parent))
    _name_after_sources(getattr(dispatcher, "_cache", None), _source_stamp(folders))
    return dispatcher


def _settings(function: Callable[..., Any]) -> dict[str, Any]:
    """Return numba's options: the chip makes no arrays, and counting them took half of its time."""
    in_chip = Path(function.__code__.co_filename).parent == _CHIP
    return {"error_model": "numpy", "_nrt": not in_chip}


def _own_temporary_folder() -> Path | None:
    """Return a temporary folder that nobody else can put code into, or None."""
    if not hasattr(os, "getuid"):
        return None
    folder = Path(tempfile.gettempdir()) / f"chipgen-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return None
    private = stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o077
    return folder if private and status.st_uid == os.getuid() else None


def _name_after_sources(stored: Any, stamp: str) -> None:
    """Let the files of a numba cache carry the stamp of all sources in their names."""
    files = getattr(stored, "_cache_file", None)
    if files is None:
        return
    files._source_stamp = stamp
    files._index_name = f"{stamp}-{files._index_name}"
    files._index_path = str(Path(files._cache_path) / files._index_name)
    files._data_name_pattern = f"{stamp}-{files._data_name_pattern}"


@contextlib.contextmanager
def said_if_slow(what: str, after_s: float = 3.0) -> Iterator[None]:
    """Say on standard error what is being compiled if the block takes longer than `after_s`."""
    timer = threading.Timer(after_s, lambda: print(what, file=sys.stderr, flush=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@cache
def _source_stamp(folders: frozenset[Path]) -> str:
    """Name the state of all files that are linked together."""
    sources = sorted(path for folder in folders for path in folder.glob("*.py"))
    state = [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sources]
    return hashlib.blake2b(repr(state).encode(), digest_size=6).hexdigest()


def _load_numba_without_scipy() -> None:
    """Import the part of numba that otherwise imports SciPy, a third of the time to first sound.

    On its import numba's ``arraymath`` tries whether SciPy's BLAS is there, for `numpy.cov` and its
    like alone. The answer is put in afterwards, so that other users of numba miss nothing.
    """
    if "scipy.linalg" in sys.modules or "numba.np.arraymath" in sys.modules:
        return
    sys.modules["scipy.linalg"] = None  # type: ignore[assignment]
    try:
        arraymath: Any = importlib.import_module("numba.np.arraymath")
    except ImportError:
        return
    finally:
        del sys.modules["scipy.linalg"]
    arraymath._HAVE_BLAS = importlib.util.find_spec("scipy") is not None


_load_numba_without_scipy()
