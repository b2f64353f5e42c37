"""A format is found by its first bytes, its suffix or its key, and never guessed."""

import os
from pathlib import Path

import pytest

from synth.errors import SynthError, UnknownNameError
from synth.fileformat import (
    FileFormat,
    detect_format,
    format_of_file,
    format_to_write,
    formats_by_suffix,
    read_limited,
    suffixes_of,
)

# Two trackers whose songs are both called .txt, and a format that only reads.
ONE = FileFormat(
    key="one", name="Tracker One", suffixes=(".txt", ".one"), first_bytes=rb"\s*# One",
    reads="log", writes="log",
)  # fmt: skip
TWO = FileFormat(
    key="two", name="Tracker Two", suffixes=(".txt", ".two.txt"), first_bytes=rb"Project",
    reads="log", writes="log",
)  # fmt: skip
OLD = FileFormat(
    key="old", name="Old One", suffixes=(".old",), first_bytes=rb"# One", reads="log", max_bytes=10
)
ROWS = (ONE, TWO, OLD)


@pytest.mark.parametrize(
    ("name", "head", "key"),
    [
        ("song.txt", b"# One and more", "one"),
        ("song.txt", b"Project Version=1", "two"),
        ("song.old", b"# One", "old"),  # the bytes fit two; the suffix decides
        ("song.xyz", b"Project", "two"),  # an unknown suffix: the bytes alone
        ("song.old", b"damaged", "old"),  # damaged bytes: the suffix alone
        ("SONG.TWO.TXT", b"damaged", "two"),  # the longest suffix
        ("song", b"", None),
        ("song.xyz", b"anything", None),
    ],
)
def test_a_files_format_is_told_by_bytes_then_by_name(
    name: str, head: bytes, key: str | None
) -> None:
    """First bytes come first; where they fit none, the suffix is believed."""
    row = detect_format(Path(name), head, ROWS)
    assert (row and row.key) == key


def test_a_file_is_looked_into(tmp_path: Path) -> None:
    """The first bytes are the file's own; a name given besides stands for the file's."""
    path = tmp_path / "upload"
    path.write_bytes(b"Project")
    assert format_of_file(path, ROWS) is TWO
    path.write_bytes(b"")
    assert format_of_file(path, ROWS) is None
    assert format_of_file(path, ROWS, "mine.one") is ONE


def test_a_shared_suffix_is_not_guessed_when_writing() -> None:
    """What two formats share must be settled by a longer suffix or the key."""
    with pytest.raises(SynthError, match=r"Tracker One or Tracker Two; name the format: one, two"):
        format_to_write(Path("song.txt"), ROWS)
    assert format_to_write(Path("song.txt"), ROWS, "TWO") is TWO
    assert format_to_write(Path("song.two.txt"), ROWS) is TWO
    assert format_to_write(Path("song.one"), ROWS) is ONE


@pytest.mark.parametrize("name", ["song.old", "song.xyz", "song"])
def test_only_formats_that_are_written_are_offered(name: str) -> None:
    """A suffix that is unknown or only read is refused with those that can be written."""
    with pytest.raises(SynthError, match=r"use one of \.txt, \.one, \.two\.txt$"):
        format_to_write(Path(name), ROWS)
    with pytest.raises(SynthError, match=r"use one of one, two$"):
        format_to_write(Path(name), ROWS, "old")


def test_suffixes_are_listed_once() -> None:
    """Shared suffixes appear once, in the table's order; a name may fit several rows."""
    assert suffixes_of(ROWS) == (".txt", ".one", ".two.txt", ".old")
    assert formats_by_suffix(Path("a.TXT"), ROWS) == (ONE, TWO)


def test_a_file_beyond_its_formats_limit_is_refused(tmp_path: Path) -> None:
    """The limit is the row's, and the size is looked at before the file is read."""
    path = tmp_path / "song.old"
    path.write_bytes(bytes(11))
    with pytest.raises(SynthError, match="more than any Old One file"):
        read_limited(path, OLD)
    path.write_bytes(bytes(10))
    assert read_limited(path, OLD) == bytes(10)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_what_may_have_no_end_is_not_read(tmp_path: Path) -> None:
    """A pipe that nobody writes to would be waited for, a device read for ever."""
    pipe = tmp_path / "song.old"
    os.mkfifo(pipe)
    for path in (pipe, Path(os.devnull)):
        with pytest.raises(SynthError, match="is not a file; name a Old One file"):
            read_limited(path, OLD)
    with pytest.raises(SynthError, match="is a folder; name a Old One file in it"):
        read_limited(tmp_path, OLD)


@pytest.mark.parametrize("name", ["song\0.old", "s" * 300, "loop/song.old"])
def test_a_name_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    """It may hold a null byte, be too long, or lead round and round."""
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SynthError, match="cannot be read"):
        read_limited(tmp_path / name, OLD)


def test_a_file_that_is_missing_is_a_wrong_name(tmp_path: Path) -> None:
    """The command line ends with 2, as it does for other names that there are not."""
    with pytest.raises(UnknownNameError, match=r"song\.old does not exist"):
        read_limited(tmp_path / "song.old", OLD)
