"""Keeps a batch's journal: which render was made from which source, in a file that only grows.

Before a render takes its place, a line with its checksums is on the disk, so that after a kill at
any moment the next run can tell the batch's own files from the user's. Each line has a
checksum; one that was cut short does not count.
"""

import contextlib
import errno
import hashlib
import json
import logging
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from chipgen.errors import ChipgenError
from synth.atomic_write import write_bytes
from synth.fileformat import read_regular

try:
    import fcntl
except ImportError:  # Windows: two batches in one folder are not kept apart there
    _fcntl: Any = None
else:
    _fcntl = fcntl

NAME: Final = ".chipgen-batch"
_MOST_BYTES: Final = 1_000_000_000  # a hundred thousand songs take a tenth of it
OLD_NAME: Final = ".chipgen-batch.json"  # which the versions before this one wrote
_SUM_DIGITS: Final = 16
_KEPT: Final = 2  # renders of a song that are remembered when the file is made smaller
_FRESH_S: Final = 0.05  # a file that changed so little ago may change again unseen

_LINE: Final = rb"(?m)^[0-9a-f]{16} \{"
_STRICTLY: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_NO_JOURNAL: Final = "{path} is {what}, not a batch's journal; remove it, or name another folder"

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Made:
    """A render: what it was made from, and the SHA-256 of each of its files by name."""

    fingerprint: str
    files: Mapping[str, str]


@dataclass(slots=True)
class Journal:
    """The renders in a folder, as the journal has them.

    Attributes
    ----------
    folder
        Where it lies.
    made
        Renders by song, the last one last.
    seen
        Files by path: size, times of change in nanoseconds, and SHA-256.
    """

    folder: Path
    made: dict[str, list[Made]] = field(default_factory=dict)
    seen: dict[str, list[Any]] = field(default_factory=dict)
    lines: int = 0

    def digest(self, path: Path) -> str:
        """Return a file's SHA-256, empty if it cannot be read.

        It is taken from the journal if the file has not changed since.
        """
        name = str(path.absolute())
        try:
            about = _about(path)
            known = self.seen.get(name)
            if known is not None and known[:-1] == about:
                return str(known[-1])
            with path.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
        except (OSError, ValueError):
            return ""
        if time.time_ns() - max(about[1:]) > _FRESH_S * 1e9:
            self._see(name, [*about, found])
        return found

    def knows(self, key: str, name: str, digest: str) -> bool:
        """Tell whether a file of a song is one that a batch made."""
        return any(made.files.get(name) == digest for made in self.made.get(key, ()))

    def last(self, key: str) -> Made | None:
        """Return a song's last render; None if there is none."""
        return next(reversed(self.made.get(key, [])), None)

    def note(self, key: str, made: Made, paths: list[Path]) -> None:
        """Take in a render that another process has written down, and how its files look."""
        self.made.setdefault(key, []).append(made)
        for path in paths:
            with contextlib.suppress(OSError):
                self._see(str(path.absolute()), [*_about(path), made.files[path.name]])

    def _see(self, name: str, about: list[Any]) -> None:
        self.seen[name] = about
        append_line(self.folder, {"seen": name, "about": about}, flush=False)


def write_made(folder: Path, key: str, made: Made) -> None:
    """Write down a render before its files take their places; any process may."""
    entry = {"made": key, "fingerprint": made.fingerprint, "files": dict(made.files)}
    append_line(folder, entry, flush=True)


def read_made(folder: Path, key: str) -> list[Made]:
    """Return the renders of a song that have been written down, by processes that died too."""
    journal = Journal(folder)
    _read(journal)
    return journal.made.get(key, [])


def append_line(folder: Path, entry: dict[str, Any], *, flush: bool) -> None:
    """Append a line to the journal of a folder, in one piece."""
    line = line_of(json.dumps(entry)).encode()
    path = folder / NAME
    while True:
        handle = _open(path)
        try:
            left = line
            while left:  # a disk that is nearly full takes a part, and then none
                left = left[os.write(handle, left) :]
            if flush:
                os.fsync(handle)
            with contextlib.suppress(OSError):
                if os.path.samestat(path.stat(), os.fstat(handle)):
                    return  # else it was made smaller meanwhile, and the line is lost
        finally:
            os.close(handle)


@contextlib.contextmanager
def open_journal(folder: Path) -> Iterator[Journal]:
    """Read the journal of a folder, and keep it for one batch at a time; another one waits."""
    handle = _lock(folder / NAME)
    try:
        _check_journal(folder / NAME)
        _end_last_line(folder / NAME)
        journal = Journal(folder)
        _read(journal)
        kept = sum(min(_KEPT, len(made)) for made in journal.made.values()) + len(journal.seen)
        if journal.lines > 2 * kept + 100:
            handle = _make_smaller(journal, handle)
        yield journal
    finally:
        os.close(handle)


def _lock(path: Path) -> int:
    while True:
        handle = _open(path)
        try:
            if _fcntl is not None:
                _wait_for(handle, path.parent)
            with contextlib.suppress(OSError):
                if os.path.samestat(path.stat(), os.fstat(handle)):
                    return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _open(path: Path) -> int:
    """Open a journal to append to it, or begin it.

    Raises
    ------
    ChipgenError
        If something else is there, which must not be written to.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _STRICTLY, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ChipgenError(_NO_JOURNAL.format(path=path, what="a link")) from error
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ChipgenError(_NO_JOURNAL.format(path=path, what="no file"))
    return handle


def _wait_for(handle: int, folder: Path) -> None:
    try:
        _fcntl.flock(handle, _fcntl.LOCK_EX | _fcntl.LOCK_NB)
    except BlockingIOError:
        _logger.warning(
            "another batch is running in %s; this one continues when it has ended", folder
        )
        _fcntl.flock(handle, _fcntl.LOCK_EX)


def _read(journal: Journal) -> None:
    data = _bytes(journal.folder / NAME)
    for line in data.splitlines():
        journal.lines += 1
        match _parse(line):
            case {"made": str(key), "fingerprint": str(fingerprint), "files": dict(files)} if (
                _are_files(files)
            ):
                journal.made.setdefault(key, []).append(Made(fingerprint, files))
            case {"seen": str(path), "about": [int(), int(), int(), str()] as about}:
                journal.seen[path] = about
    if not data:
        _read_old(journal)


def _bytes(path: Path) -> bytes:
    return read_regular(path, "batch's journal", _MOST_BYTES)


def _check_journal(path: Path) -> None:
    """Refuse a file that has no line of a journal, not even a damaged one."""
    data = _bytes(path)
    if data and not re.search(_LINE, data):
        raise ChipgenError(_NO_JOURNAL.format(path=path, what="another file"))


def _are_files(files: dict[str, Any]) -> bool:
    """Tell whether these are names of files, without a folder, with their digests."""
    return all(
        name
        and name not in (".", "..")
        and not set(name) & set("/\\\0")
        and isinstance(digest, str)
        for name, digest in files.items()
    )


def _end_last_line(path: Path) -> None:
    """Start a new line if the last one was cut short."""
    with path.open("r+b") as stream:
        if stream.seek(0, os.SEEK_END):
            stream.seek(-1, os.SEEK_END)
            if stream.read(1) != b"\n":
                stream.write(b"\n")


def _parse(line: bytes) -> dict[str, Any]:
    """Return the content of a line; nothing if its checksum is wrong."""
    said, _, text = line.partition(b" ")
    if said != _sum(text.decode("utf-8", "replace")).encode():
        return {}
    with contextlib.suppress(ValueError, RecursionError):
        entry = json.loads(text)
        if isinstance(entry, dict):
            return entry
    return {}


def _read_old(journal: Journal) -> None:
    """Learn from an earlier version's manifest which files are the batch's own."""
    path = journal.folder / OLD_NAME
    if not path.is_file():
        return
    with contextlib.suppress(OSError, ValueError, RecursionError, AttributeError):
        for key, entry in json.loads(_bytes(path)).items():
            match entry:
                case {"sha256": dict(files)} if _are_files(files):
                    journal.made[key] = [Made("", files)]


def _about(path: Path) -> list[int]:
    """Return what changes when a file does: its size, and when it was changed."""
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _make_smaller(journal: Journal, handle: int) -> int:
    """Rewrite the journal without superseded lines, and lock the new one."""
    entries: list[dict[str, Any]] = [
        {"made": key, "fingerprint": each.fingerprint, "files": dict(each.files)}
        for key, made in journal.made.items()
        for each in made[-_KEPT:]
    ]
    entries += [{"seen": path, "about": about} for path, about in journal.seen.items()]
    lines = "".join(line_of(json.dumps(entry)) for entry in entries)
    write_bytes(journal.folder / NAME, lines.encode(), overwrite=True)
    os.close(handle)
    return _lock(journal.folder / NAME)


def line_of(text: str) -> str:
    """Return a line of the journal: a checksum, and a JSON text."""
    return f"{_sum(text)} {text}\n"


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_SUM_DIGITS]
