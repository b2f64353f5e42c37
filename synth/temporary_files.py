"""Temporary files and folders that a killed run leaves behind only until the next one.

Each has a name of one form and is locked while its run lives. A run that makes another in the same
folder first removes those that no run holds.
"""

import contextlib
import os
import re
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

PREFIX: Final = ".chipgen-"
_NAME: Final = re.compile(rf"{re.escape(PREFIX)}[0-9a-f]{{12}}(?:\.[\w.-]{{1,15}})?")
_LOCK: Final = ".lock"  # the file that locks a temporary folder
_MOST_SUFFIX: Final = 16
_OLD_S: Final = 86_400.0  # where there are no locks
_unfinished: Final[set[Path]] = set()  # of this process

try:
    import fcntl
except ImportError:  # Windows: there, old enough files are taken as abandoned
    _fcntl: Any = None
else:
    _fcntl = fcntl


def is_temporary(path: Path) -> bool:
    """Return whether a file has the name of one of our unfinished files.

    Examples
    --------
    >>> is_temporary(Path(".chipgen-0123456789ab.mid")), is_temporary(Path(".chipgen-batch"))
    (True, False)
    """
    return bool(_NAME.fullmatch(path.name))


@contextlib.contextmanager
def temporary_file(folder: Path, suffix: str = "", mode: int = 0o666) -> Iterator[Path]:
    """Yield a new, locked file in a folder, and remove it if it is still there at the end.

    Parameters
    ----------
    folder
        Where; files that killed runs left there are removed first.
    suffix
        What its name ends in, left out if it is longer than 16 characters.
    mode
        Permissions, less those of the process's mask.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    sweep_folder(folder)
    suffix = suffix if len(os.fsencode(suffix)) <= _MOST_SUFFIX else ""
    path, handle = _make_locked(folder, suffix, mode)
    try:
        yield path
    finally:
        with contextlib.suppress(OSError):
            os.close(handle)
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        _unfinished.discard(path)


@contextlib.contextmanager
def temporary_folder(parent: Path | None = None) -> Iterator[Path]:
    """Yield a new folder in another, and remove it at the end.

    Parameters
    ----------
    parent
        Where; by default among the system's temporary files. What killed runs of the same user
        left there is removed first.
    """
    parent = Path(tempfile.gettempdir()) if parent is None else parent
    sweep_folder(parent)
    folder, handle = _make_locked_folder(parent)
    try:
        yield folder
    finally:
        _remove_folder(folder)
        os.close(handle)
        _unfinished.discard(folder)


@contextlib.contextmanager
def output_folder(folder: Path) -> Iterator[None]:
    """Make a folder and those above it; remove those that are still empty if the work in it fails.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        with contextlib.suppress(OSError):  # the first that something was written into, and above
            for path in made:
                path.rmdir()
        raise


def remove_unfinished() -> None:
    """Remove what this process still has of temporary files and folders, at its end.

    An interruption (Ctrl-C) can hit any line, also one that makes or removes them.
    """
    while _unfinished:
        path = _unfinished.pop()
        _remove_folder(path)
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def sweep_folder(folder: Path) -> None:
    """Remove the temporary files and folders in a folder that no running process holds."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        left = [Path(entry.path) for entry in entries if entry.name.startswith(PREFIX)]
        for path in filter(is_temporary, left):
            with contextlib.suppress(OSError):
                _remove_unheld(path)


def _remove_unheld(path: Path) -> None:
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode) or found.st_uid != _user():
        return
    is_folder = stat.S_ISDIR(found.st_mode)
    if _fcntl is None:
        if time.time() - found.st_mtime > _OLD_S:
            _remove_folder(path) if is_folder else path.unlink()
        return
    try:
        handle = os.open(path / _LOCK if is_folder else path, os.O_RDONLY)
    except FileNotFoundError:  # a folder that is being made, or was left when all else was removed
        path.rmdir()
        return
    try:
        if _lock(handle, wait=False):  # held until it is gone: who makes it looks after that
            _remove_folder(path) if is_folder else path.unlink()
    finally:
        os.close(handle)


def _remove_folder(folder: Path) -> None:
    """Remove a folder, and last of it what locks it: who is killed here leaves it to the next."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != _LOCK:
                path.unlink(missing_ok=True)
        (folder / _LOCK).unlink(missing_ok=True)
        folder.rmdir()


def _make_locked_folder(parent: Path) -> tuple[Path, int]:
    while True:
        folder = parent / _new_name("")
        _unfinished.add(folder)
        folder.mkdir(mode=0o700)
        try:
            handle = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        except FileNotFoundError:  # another run has taken it for a dead one's
            continue
        except OSError:  # the disk is full
            _remove_folder(folder)
            raise
        _lock(handle, wait=True)
        if _is_there(folder / _LOCK, handle):
            return folder, handle
        os.close(handle)


def _make_locked(folder: Path, suffix: str, mode: int) -> tuple[Path, int]:
    while True:
        path = folder / _new_name(suffix)
        _unfinished.add(path)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, mode)
        if _fcntl is None:  # what is open could not be renamed
            os.close(handle)
            return path, -1
        try:
            _lock(handle, wait=True)
            # Before it was locked another run may have taken it for a dead one's.
            if _is_there(path, handle):
                return path, handle
        except BaseException:
            os.close(handle)
            path.unlink(missing_ok=True)
            raise
        os.close(handle)


def _is_there(path: Path, handle: int) -> bool:
    with contextlib.suppress(OSError):
        return os.path.samestat(path.stat(), os.fstat(handle))
    return False


def _lock(handle: int, *, wait: bool) -> bool:
    """Lock an open file until it is closed or its process ends; return whether that succeeded."""
    if _fcntl is None:
        return True
    try:
        _fcntl.flock(handle, _fcntl.LOCK_EX | (0 if wait else _fcntl.LOCK_NB))
    except OSError:  # another holds it, or the file system has no locks: then nothing is swept
        return False
    return True


def _new_name(suffix: str) -> str:
    return f"{PREFIX}{secrets.token_hex(6)}{suffix}"


def _user() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0
