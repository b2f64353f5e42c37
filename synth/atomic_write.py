"""Writes a file whole or not at all, and never replaces one unasked.

A file is written beside its place under a temporary name, flushed to the disk, and takes its
place by being renamed. A link stays a link, and what it points to is replaced; a file with other
names (hard links) keeps them and is written in place, as are devices, pipes and
``/dev/stdout``.
"""

import contextlib
import errno
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from synth.errors import SynthError
from synth.temporary_files import PREFIX, sweep_folder, temporary_file

_DESCRIPTOR: Final = re.compile(
    r"(?:/dev/fd|/proc/(?:self|thread-self|\d+)(?:/task/\d+)?/fd)/(\d+)"
)
_MOST_LINKS: Final = 40
_NEW: Final = 0o666  # permissions of a new file, less those of the process's mask
# Errors of the system about an open file, which do not name it.
_OF_WRITING: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM}
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a path leads.

    Attributes
    ----------
    path
        What its links point to in the end.
    descriptor
        Number of the open file of this process that it names; None for other paths.
    status
        What exists there; None if nothing does.
    """

    path: Path
    descriptor: int | None
    status: os.stat_result | None

    @property
    def is_file(self) -> bool:
        """Whether a regular file exists there that could be lost."""
        found = self.status
        return self.descriptor is None and found is not None and stat.S_ISREG(found.st_mode)

    @property
    def is_taken_over(self) -> bool:
        """Whether a new file takes this place; otherwise the existing file is written into."""
        if self.descriptor is not None:
            return False
        return self.status is None or (self.is_file and self.status.st_nlink == 1)

    @property
    def mode(self) -> int:
        """Permissions of the existing file, or of a new one."""
        return stat.S_IMODE(self.status.st_mode) & 0o777 if self.status is not None else _NEW


def check_writable(path: Path, *, overwrite: bool) -> None:
    """Refuse a path that cannot or should not be written, before any long work begins.

    Parameters
    ----------
    path
        The file that is going to be written.
    overwrite
        Whether the user asked for an existing file to be replaced. Devices and pipes are no files.

    Raises
    ------
    SynthError
        If the folder does not exist or may not be written to, the path is a folder, or the file
        exists and `overwrite` is false.
    """
    place = _find_place(path)
    if place.descriptor is not None:
        return
    if place.status is not None and stat.S_ISDIR(place.status.st_mode):
        raise SynthError(f"{path} is a folder; name a file in it")
    folder = place.path.parent
    if not folder.is_dir():
        raise SynthError(f"{path}: the folder {folder} does not exist; make it first")
    if place.is_file and not overwrite:
        sweep_folder(folder)  # a killed run may have got as far as this
        raise SynthError(f"{path} exists; add --force to replace it, or name another file")
    if place.status is not None and not place.is_file:
        if not _may_write(place.path):
            raise SynthError(f"{path}: nothing may be written to it")
    elif not _may_write(folder):
        raise SynthError(f"{path}: nothing may be written to the folder {folder}")


def _may_write(path: Path) -> bool:
    """Return whether this process may write there, by its effective rights."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def is_input(path: Path, inputs: Iterable[Path]) -> bool:
    """Return whether a path leads to the same file as one of some others."""
    with contextlib.suppress(OSError, ValueError):
        there = path.stat()
        if stat.S_ISREG(there.st_mode):
            for other in inputs:
                with contextlib.suppress(OSError, ValueError):
                    if os.path.samestat(there, other.stat()):
                        return True
    return False


@contextlib.contextmanager
def atomic_path(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its place when the block succeeds.

    The temporary file keeps the suffix of `path`, so that writers which choose a format by suffix
    choose the right one. If the block fails it is removed and `path` is left as it was. A file that
    is replaced keeps its permissions.

    Parameters
    ----------
    path
        The file to be written.
    overwrite
        Whether an existing file may be replaced.

    Raises
    ------
    SynthError
        As `check_writable`, or if the system will not have it written: no space, no permission.
    BrokenPipeError
        If `path` is a pipe whose reader has gone.
    """
    check_writable(path, overwrite=overwrite)
    place = _find_place(path)
    folder = place.path.parent
    if place.descriptor is not None or not (place.is_file or place.status is None):
        folder = Path(tempfile.gettempdir())
    own = {path, place.path, folder}
    try:
        with temporary_file(folder, path.suffix, place.mode | 0o600) as temporary:
            own.add(temporary)
            yield temporary
            if place.is_taken_over:
                _take_over(temporary, place, path, overwrite=overwrite)
            else:
                _write_into(temporary, place)
    except BrokenPipeError:
        raise
    except OSError as error:
        if not _is_about(error, own):
            raise
        raise SynthError(f"{path}: cannot be written ({error.strerror or error})") from error


def write_bytes(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Write `data` to `path`, whole or not at all (see `atomic_path`)."""
    with atomic_path(path, overwrite=overwrite) as temporary:
        temporary.write_bytes(data)


def put_in_place(finished: Path, path: Path, *, overwrite: bool) -> None:
    """Let a finished file of the same file system take the place of `path` (see `atomic_path`).

    Raises
    ------
    SynthError
        As `atomic_path`.
    """
    check_writable(path, overwrite=overwrite)
    place = _find_place(path)
    try:
        if place.is_taken_over:
            _take_over(finished, place, path, overwrite=overwrite)
        else:
            _write_into(finished, place)
            finished.unlink()
    except OSError as error:
        raise SynthError(f"{path}: cannot be written ({error.strerror or error})") from error


def _find_place(path: Path) -> _Place:
    """Follow a path's links to what it names."""
    try:
        place = _Place(path.resolve(), _find_descriptor(path), _status(path))
        if place.is_file and not place.is_taken_over:  # a killed run may have left the other name
            sweep_folder(place.path.parent)
            place = replace(place, status=_status(path))
        return place
    except (OSError, ValueError, RuntimeError) as error:  # a null byte in the name; a loop of links
        reason = error.strerror if isinstance(error, OSError) else error
        raise SynthError(f"{path}: cannot be written ({reason})") from error


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _find_descriptor(path: Path) -> int | None:
    """Return the number of the open file that a path such as ``/dev/stdout`` names."""
    where = path
    for _ in range(_MOST_LINKS):
        where = where.parent.resolve() / where.name
        found = _DESCRIPTOR.fullmatch(str(where))
        if found:
            return int(found[1])
        if not where.is_symlink():
            return None
        where = where.parent / where.readlink()
    return None


def _take_over(temporary: Path, place: _Place, path: Path, *, overwrite: bool) -> None:
    """Flush a file to the disk and give it its name.

    In a temporary folder it is not flushed: it gets its place from there, or none.
    """
    kept = not place.path.parent.name.startswith(PREFIX)
    if kept:
        with temporary.open("r+b") as stream:
            os.fsync(stream.fileno())
    if place.status is not None:
        temporary.chmod(place.mode)
        with contextlib.suppress(OSError, AttributeError):  # only root may give files away
            os.chown(temporary, place.status.st_uid, place.status.st_gid)
    if overwrite or not _link(temporary, place.path, path):
        temporary.replace(place.path)
    if not kept:
        return
    with contextlib.suppress(OSError):  # not every system can flush a folder
        folder = os.open(place.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _link(temporary: Path, real: Path, path: Path) -> bool:
    """Give a file a name that must be free; return whether the file system can do so.

    Raises
    ------
    SynthError
        If a file of that name has appeared meanwhile.
    """
    try:
        os.link(temporary, real)
    except FileExistsError:
        raise SynthError(
            f"{path} exists by now; add --force to replace it, or name another file"
        ) from None
    except (OSError, NotImplementedError):
        return False
    temporary.unlink()
    return True


def _write_into(temporary: Path, place: _Place) -> None:
    """Copy a finished file into what exists: a device, a pipe, a file of several names."""
    with temporary.open("rb") as source, _open_place(place) as target:
        shutil.copyfileobj(source, target)
        target.flush()
        if place.is_file:
            target.truncate()
            os.fsync(target.fileno())


def _open_place(place: _Place) -> BinaryIO:
    if place.descriptor is not None:
        return os.fdopen(os.dup(place.descriptor), "wb")
    if place.is_file:
        return place.path.open("r+b")
    return os.fdopen(os.open(place.path, os.O_WRONLY), "wb")


def _is_about(error: OSError, own: set[Path]) -> bool:
    """Return whether an error comes from writing the file, not from the work in between."""
    if error.filename is None or isinstance(error.filename, int):
        return error.errno in _OF_WRITING
    return Path(os.fsdecode(error.filename)) in own
