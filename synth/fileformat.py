"""The row type of every table of file formats, and how a format is found."""

import difflib
import importlib
import re
import stat
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from synth.errors import SynthError, UnknownNameError

Content = Literal["", "score", "chip score", "log", "samples", "playlist"]
"""A file's content: notes, notes of the chip's voices, register writes, sound, names of files."""

HEAD_BYTES: Final = 512  # how much of a file its first bytes are looked for in


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """One file format: a row of a table.

    A row names its functions and does not import them, so that a list of formats costs nothing.

    Attributes
    ----------
    key
        One word that no other format has, such as ``"nsf"``.
    name
        What people call it.
    suffixes
        File name endings in lower case, with their dot; the first is the usual one. Two formats may
        share one: then `first_bytes` tell them apart, and a longer ending or the key does when a
        file is written.
    first_bytes
        Regular expression that the beginning of such a file matches; empty where nothing marks it.
        ``.`` matches any byte.
    media_type
        Internet media type (IANA).
    reads, writes
        What reading gives and what writing takes; empty where we cannot.
    reader, writer
        Functions as ``"module:function"``. Their signatures depend on `reads` and `writes`; the
        module with the table states them.
    most_songs, lister
        How many songs one file can hold; and, where it can be more than one, the function
        ``"module:function"`` that lists them, called as ``lister(data, name)``.
    marks_loop
        Whether sound made of such a file says where it loops, in formats that can.
    streams
        Whether a file is written block by block, in memory that does not grow with its length.
    max_bytes
        Largest file that is read.
    fuzz_seeds
        Function ``"module:function"`` that returns small valid files as a sequence of bytes, from
        which fuzzing starts. Every format that is read has one.
    """

    key: str
    name: str
    suffixes: tuple[str, ...]
    first_bytes: bytes = b""
    media_type: str = "application/octet-stream"
    reads: Content = ""
    writes: Content = ""
    reader: str = ""
    writer: str = ""
    most_songs: int = 1
    lister: str = ""
    marks_loop: bool = False
    streams: bool = False
    max_bytes: int = 64_000_000
    fuzz_seeds: str = ""

    def begins(self, head: bytes) -> bool:
        """Return whether a file's first bytes are this format's."""
        return bool(self.first_bytes) and bool(re.match(self.first_bytes, head, re.DOTALL))


Row = TypeVar("Row", bound=FileFormat)


def load_function(name: str) -> Callable[..., Any]:
    """Import and return the function that a row names as ``"module:function"``.

    Examples
    --------
    >>> load_function("synth.atomic_write:write_bytes").__name__
    'write_bytes'
    """
    module, _, function = name.partition(":")
    loaded: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return loaded


class UnreadableError(SynthError):
    """A reader met something in a file that it did not foresee: the file is damaged, or we are."""


def call_reader(
    row: FileFormat, function: str, name: str, /, *arguments: Any, **options: Any
) -> Any:
    """Call a reader or lister that a row names, and refuse the file where it fails.

    Parameters
    ----------
    row
        The file's format.
    function
        Its reader or lister.
    name
        What errors call the file.
    arguments, options
        Arguments of the function.

    Raises
    ------
    SynthError
        Errors that the function raises itself.
    UnreadableError
        In place of any other exception: no file can end the program otherwise.
    """
    try:
        return load_function(function)(*arguments, **options)
    except SynthError:
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:120]
        raise UnreadableError(
            f"{name} cannot be read as {row.name} ({reason}); it may be damaged. If other programs "
            "read it, please report it with the file"
        ) from error


def suffixes_of(formats: Iterable[FileFormat]) -> tuple[str, ...]:
    """Return every suffix of some formats, once each, in the tables' order."""
    return tuple(dict.fromkeys(suffix for row in formats for suffix in row.suffixes))


def formats_by_suffix(path: Path, formats: Iterable[Row]) -> tuple[Row, ...]:
    """Return the formats whose longest suffix a file's name ends in; none if it ends in none.

    Examples
    --------
    >>> plain = FileFormat(key="a", name="A", suffixes=(".txt",))
    >>> longer = FileFormat(key="b", name="B", suffixes=(".b.txt",))
    >>> [row.key for row in formats_by_suffix(Path("Song.B.TXT"), (plain, longer))]
    ['b']
    """
    found = [(len(ending_of(path, row.suffixes)), row) for row in formats]
    longest = max((length for length, _ in found), default=0)
    return tuple(row for length, row in found if 0 < length == longest)


def ending_of(path: Path, suffixes: Iterable[str]) -> str:
    """Return the longest of some suffixes that a file's name ends in, as it stands there, or "".

    Examples
    --------
    >>> ending_of(Path("Song.B.TXT"), (".txt", ".b.txt")), ending_of(Path("a.wav"), (".txt",))
    ('.B.TXT', '')
    """
    name = path.name.lower()
    longest = max((len(suffix) for suffix in suffixes if name.endswith(suffix)), default=0)
    return path.name[-longest:] if longest else ""


def detect_format(name: Path, head: bytes, formats: Iterable[Row]) -> Row | None:
    """Return a file's format by its first bytes, and where they fit none by its name.

    Where the first bytes fit several formats, one whose suffix the name has comes first, then one
    that is read.

    Parameters
    ----------
    name
        The file's name.
    head
        Its first `HEAD_BYTES`, or all of it.
    formats
        The rows to choose from.

    Examples
    --------
    >>> rows = [FileFormat(key="a", name="A", suffixes=(".a",), first_bytes=b"AA..AA")]
    >>> detect_format(Path("song.xyz"), b"AA12AA and more", rows).key
    'a'
    """
    rows = tuple(formats)
    named = formats_by_suffix(name, rows)
    fitting = sorted(
        (row for row in rows if row.begins(head)),
        key=lambda row: (row not in named, not row.reads),
    )
    return next(iter((*fitting, *named)), None)


def format_of_file(path: Path, formats: Iterable[Row], name: str = "") -> Row | None:
    """Return the format of a file that exists (see `detect_format`); a pipe's is found by its name.

    Parameters
    ----------
    path
        The file.
    formats
        The rows to choose from.
    name
        The file's name, if it is not its path.

    Raises
    ------
    SynthError
        If the file cannot be opened.
    """
    head = b""
    try:
        if path.is_file():  # reading from a pipe would consume it
            with path.open("rb") as stream:
                head = stream.read(HEAD_BYTES)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise _unreadable(path, error) from error
    return detect_format(Path(name or path), head, formats)


def format_to_write(path: Path, formats: Iterable[Row], key: str = "") -> Row:
    """Return the format that a file is to be written in: by key if there is one, else by its name.

    Parameters
    ----------
    path
        The file.
    formats
        The rows to choose from.
    key
        A row's key, or one of its suffixes without the dot.

    Raises
    ------
    UnknownNameError
        If there is no such format, or the name could be several formats'.
    """
    rows = tuple(row for row in formats if row.writes)
    if key:
        return format_named(key, rows)
    named = formats_by_suffix(path, rows)
    if not named:
        suffix = path.suffix.lower()
        given = f"its suffix {suffix!r}" if suffix else "a name without a suffix"
        known = suffixes_of(rows)
        raise UnknownNameError(f"{path}: {given} is no format here; {_choices(suffix, known)}")
    if len(named) > 1:
        raise UnknownNameError(
            f"{path}: {path.suffix.lower()} files can be {' or '.join(row.name for row in named)}; "
            f"name the format: {_keys(named)}"
        )
    return named[0]


def format_named(name: str, formats: Iterable[Row]) -> Row:
    """Return the format that a key, or a suffix without its dot, names.

    Raises
    ------
    UnknownNameError
        If there is none; the message names the nearest.

    Examples
    --------
    >>> format_named("midi", [FileFormat(key="mid", name="MIDI", suffixes=(".mid", ".midi"))]).key
    'mid'
    """
    rows = tuple(formats)
    plain = name.lower().lstrip(".")
    for row in (*(row for row in rows if row.key == plain), *rows):
        if row.key == plain or f".{plain}" in row.suffixes:
            return row
    known = [row.key for row in rows]
    raise UnknownNameError(f"{name[:20]!r} is no format here; {_choices(plain, known)}")


def read_limited(path: Path, row: FileFormat) -> bytes:
    """Return a file's bytes, at most as many as its format allows (see `read_regular`)."""
    return read_regular(path, row.name, row.max_bytes)


def read_regular(path: Path, kind: str, max_bytes: int) -> bytes:
    """Return a file's bytes, after `check_regular`, which has the parameters and errors."""
    check_regular(path, kind, max_bytes)
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def check_regular(path: Path, kind: str, max_bytes: int | None = None) -> None:
    """Refuse what is not to be read: a pipe or a device, which may have no end, or too long a file.

    Whatever opens a file by itself, as the readers of archives and weights do, calls this first.

    Parameters
    ----------
    path
        The file.
    kind
        What it is, for messages, such as ``"MIDI"``.
    max_bytes
        How long it may be; None is as long as it likes.

    Raises
    ------
    UnknownNameError
        If there is no such file.
    SynthError
        If it is something else, cannot be looked at, or is longer.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        raise UnknownNameError(f"{path} does not exist; check the name") from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise _unreadable(path, error) from error
    if stat.S_ISDIR(found.st_mode):
        raise SynthError(f"{path} is a folder; name a {kind} file in it")
    if not stat.S_ISREG(found.st_mode):
        raise SynthError(f"{path} is not a file; name a {kind} file")
    if max_bytes is not None and found.st_size > max_bytes:
        most = f"{max_bytes / 1e6:,.0f} MB"
        raise SynthError(f"{path} is larger than {most}, more than any {kind} file")


def _unreadable(path: Path, error: OSError | ValueError) -> SynthError:
    reason = error.strerror if isinstance(error, OSError) else error
    return SynthError(f"{path} cannot be read ({reason})")


def _choices(given: str, known: Collection[str]) -> str:
    """Return what could be named instead, the nearest first."""
    near = difflib.get_close_matches(given[:20], known, 1)
    likely = f"did you mean {near[0]}? There are" if near else "use one of"
    return f"{likely} {', '.join(known)}"


def _keys(rows: Iterable[FileFormat]) -> str:
    return ", ".join(row.key for row in rows)
