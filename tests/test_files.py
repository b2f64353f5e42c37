"""Files are written whole or not at all, and never over another unasked."""

import errno
from pathlib import Path

import pytest

from synth.atomic_write import atomic_path, check_writable, write_bytes
from synth.errors import SynthError


def fail_halfway(target: Path, *, overwrite: bool) -> None:
    """Begin to write `target`, and give up."""
    with atomic_path(target, overwrite=overwrite) as path:
        path.write_bytes(b"half")
        raise ZeroDivisionError


def test_a_block_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """When writing fails halfway, neither the target nor a temporary file remains."""
    with pytest.raises(ZeroDivisionError):
        fail_halfway(tmp_path / "a.wav", overwrite=False)
    assert list(tmp_path.iterdir()) == []


def test_a_block_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    """A failed rewrite leaves the file that was there, byte for byte."""
    target = tmp_path / "a.wav"
    target.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError):
        fail_halfway(target, overwrite=True)
    assert target.read_bytes() == b"old"


def test_the_temporary_file_has_the_suffix(tmp_path: Path) -> None:
    """Writers that choose a format by suffix see the suffix of the target."""
    with atomic_path(tmp_path / "a.flac", overwrite=False) as path:
        assert path.suffix == ".flac"
        path.write_bytes(b"x")
    assert (tmp_path / "a.flac").read_bytes() == b"x"


def test_existing_files_are_kept_unless_asked(tmp_path: Path) -> None:
    """An existing file is replaced only when the caller says so, and the error tells how."""
    target = tmp_path / "a.mid"
    write_bytes(target, b"1", overwrite=False)
    with pytest.raises(SynthError, match="--force"):
        write_bytes(target, b"2", overwrite=False)
    assert target.read_bytes() == b"1"
    write_bytes(target, b"2", overwrite=True)
    assert target.read_bytes() == b"2"


@pytest.mark.parametrize(
    ("name", "message"), [("nowhere/a.wav", "does not exist"), (".", "is a folder")]
)
def test_places_that_cannot_be_written_are_refused(tmp_path: Path, name: str, message: str) -> None:
    """A missing folder and a folder in place of a file are named before any work is done."""
    with pytest.raises(SynthError, match=message):
        check_writable(tmp_path / name, overwrite=True)


def test_a_full_disk_is_told_in_one_line(tmp_path: Path) -> None:
    """What the system refuses while writing becomes an error that names the file."""
    target = tmp_path / "a.mid"

    def write() -> None:
        with atomic_path(target, overwrite=False):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(SynthError, match=r"a\.mid: cannot be written \(No space left on device\)"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """Writing to a symbolic link replaces what it points to."""
    target, link = tmp_path / "real.mid", tmp_path / "link.mid"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_bytes(link, b"new", overwrite=True)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
