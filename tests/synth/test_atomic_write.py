"""Files are written whole or not at all, and never over another unasked."""

import contextlib
import errno
import os
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from synth.atomic_write import atomic_path, check_writable, is_input, put_in_place, write_bytes
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


def test_a_link_without_an_end_gives_the_file_it_names(tmp_path: Path) -> None:
    """What a link points to is made where it says."""
    (tmp_path / "far").mkdir()
    (tmp_path / "link.mid").symlink_to("far/real.mid")
    write_bytes(tmp_path / "link.mid", b"new", overwrite=False)
    assert (tmp_path / "link.mid").is_symlink()
    assert (tmp_path / "far" / "real.mid").read_bytes() == b"new"
    (tmp_path / "lost.mid").symlink_to("nowhere/real.mid")
    with pytest.raises(SynthError, match="nowhere does not exist"):
        check_writable(tmp_path / "lost.mid", overwrite=True)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o755])
def test_permissions_are_kept(mode: int, tmp_path: Path) -> None:
    """What was private stays private; what could not be written is replaced with --force only."""
    target = tmp_path / "a.mid"
    target.write_bytes(b"old")
    target.chmod(mode)
    write_bytes(target, b"new", overwrite=True)
    assert (stat.S_IMODE(target.stat().st_mode), target.read_bytes()) == (mode, b"new")


def test_a_new_file_has_the_permissions_of_the_mask(tmp_path: Path) -> None:
    """It is made as any other program makes one."""
    before = os.umask(0o026)
    try:
        write_bytes(tmp_path / "a.mid", b"new", overwrite=False)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.mid").stat().st_mode) == 0o640


def test_hard_links_stay_one_file(tmp_path: Path) -> None:
    """A file with two names has the new content under both, also where it is shorter."""
    one, two = tmp_path / "one.mid", tmp_path / "two.mid"
    one.write_bytes(b"a long content")
    os.link(one, two)
    write_bytes(two, b"short", overwrite=True)
    assert one.read_bytes() == two.read_bytes() == b"short"
    assert os.path.samestat(one.stat(), two.stat())
    assert {path.name for path in tmp_path.iterdir()} == {"one.mid", "two.mid"}


def killed_after_naming(target: Path) -> Path:
    """Leave what a run leaves that was killed when its file had both names; return the other."""
    other = target.with_name(f".chipgen-0123456789ab{target.suffix}")
    other.write_bytes(b"a long content")
    os.link(other, target)
    return other


def test_a_second_name_that_a_killed_run_left_is_none(tmp_path: Path) -> None:
    """The file is then replaced in one step as others are, and not written in place."""
    target = tmp_path / "a.mid"
    killed_after_naming(target)
    before = target.stat()
    write_bytes(target, b"new", overwrite=True)
    assert not os.path.samestat(before, target.stat())
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_a_run_that_is_refused_sweeps_too(tmp_path: Path) -> None:
    """A run that was killed at its very end leaves nothing for long either."""
    target = tmp_path / "a.mid"
    target.write_bytes(b"1")
    (tmp_path / ".chipgen-0123456789ab.mid").write_bytes(b"2")
    with pytest.raises(SynthError, match="--force"):
        check_writable(target, overwrite=False)
    assert list(tmp_path.iterdir()) == [target]


def test_a_pipe_is_written_and_stays_a_pipe(tmp_path: Path) -> None:
    """A FIFO is written into without --force, also through a link, and nothing lies beside it."""
    pipe, link = tmp_path / "pipe.mid", tmp_path / "link.mid"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    got: list[bytes] = []
    for path in (pipe, link):
        reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
        reader.start()
        write_bytes(path, b"music", overwrite=False)
        reader.join()
    assert got == [b"music", b"music"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert {path.name for path in tmp_path.iterdir()} == {"pipe.mid", "link.mid"}


def test_what_is_copied_is_first_written_elsewhere(tmp_path: Path) -> None:
    """A pipe's and a descriptor's folder may not be written to; a file's own is the right one."""
    pipe, file = tmp_path / "pipe", tmp_path / "a.mid"
    os.mkfifo(pipe)
    places = ((pipe, tempfile.gettempdir()), (Path("/dev/fd/1"), tempfile.gettempdir()),
              (file, str(tmp_path)))  # fmt: skip
    for path, folder in places:
        with (
            contextlib.suppress(ZeroDivisionError),
            atomic_path(path, overwrite=False) as temporary,
        ):
            assert str(temporary.parent) == folder
            raise ZeroDivisionError


def test_a_finished_file_takes_its_place(tmp_path: Path) -> None:
    """Also where that has other names; what is not there is told with the reason."""
    made, target, other = (tmp_path / name for name in ("made", "a.mid", "b.mid"))
    for content in (b"1", b"22"):
        made.write_bytes(content)
        put_in_place(made, target, overwrite=True)
        assert target.read_bytes() == content
        assert not made.exists()
        if not other.exists():
            os.link(target, other)
    assert os.path.samestat(target.stat(), other.stat())
    with pytest.raises(
        SynthError, match=rf"a\.mid: cannot be written \({os.strerror(errno.ENOENT)}"
    ):
        put_in_place(tmp_path / "nowhere", target, overwrite=True)


def test_a_device_stays_a_device(tmp_path: Path) -> None:
    """What is written to the null device, by a link that looks like a sound, is gone."""
    link = tmp_path / "null.wav"
    link.symlink_to(os.devnull)
    write_bytes(link, b"music", overwrite=True)
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    assert list(tmp_path.iterdir()) == [link]


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="needs /dev/stdout")
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "link.mid"])
def test_standard_output_is_written_in_place(name: str, tmp_path: Path) -> None:
    """Redirected to a file, that file goes on where the shell stands in it; a pipe gets all."""
    (tmp_path / "link.mid").symlink_to("/dev/stdout")
    script = (
        "import sys, pathlib, os\n"
        "from synth.atomic_write import write_bytes\n"
        "os.write(1, b'before ')\n"
        f"write_bytes(pathlib.Path({name!r}), b'music', overwrite=False)\n"
        "os.write(1, b' after')\n"
    )
    call = [sys.executable, "-c", script]
    with (tmp_path / "out").open("wb") as out:
        subprocess.run(call, check=True, stdout=out, cwd=tmp_path)
    assert (tmp_path / "out").read_bytes() == b"before music after"
    piped = subprocess.run(call, check=True, stdout=subprocess.PIPE, cwd=tmp_path)
    assert piped.stdout == b"before music after"


def test_the_longest_names_can_be_written(tmp_path: Path) -> None:
    """Where a name fits, the temporary one does too."""
    for name in ("x" * 251 + ".mid", "é" * 125 + ".mid", "a." + "y" * 200):
        write_bytes(tmp_path / name, b"1", overwrite=False)
        assert (tmp_path / name).read_bytes() == b"1"


def test_a_file_that_came_meanwhile_is_kept(tmp_path: Path) -> None:
    """Between the first look and the last moment another program may have written there."""
    target = tmp_path / "a.mid"

    def write() -> None:
        with atomic_path(target, overwrite=False) as path:
            path.write_bytes(b"ours")
            target.write_bytes(b"theirs")

    with pytest.raises(SynthError, match="exists by now"):
        write()
    assert target.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    "error",
    [
        OSError("libsndfile.so: cannot open shared object file"),
        FileNotFoundError(errno.ENOENT, "No such file or directory", "preset.yaml"),
        ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
    ],
)
def test_other_errors_are_not_blamed_on_the_file(error: OSError, tmp_path: Path) -> None:
    """A missing library or file is not said to be a target that cannot be written."""
    with pytest.raises(type(error)) as raised, atomic_path(tmp_path / "a", overwrite=False):
        raise error
    assert raised.value is error


@pytest.mark.parametrize("name", ["a\0b.mid", "x" * 300 + ".mid"])
def test_impossible_names_are_one_line(name: str, tmp_path: Path) -> None:
    """A null byte and a name longer than a system takes are told."""
    with pytest.raises(SynthError) as error:
        write_bytes(tmp_path / name, b"", overwrite=True)
    assert "\n" not in str(error.value)


def test_a_loop_of_links_is_one_line(tmp_path: Path) -> None:
    """Links that lead to each other lead nowhere."""
    (tmp_path / "a.mid").symlink_to("b.mid")
    (tmp_path / "b.mid").symlink_to("a.mid")
    with pytest.raises(SynthError, match=r"a\.mid"):
        write_bytes(tmp_path / "a.mid", b"", overwrite=True)


def test_an_input_is_known_by_any_of_its_names(tmp_path: Path) -> None:
    """A link and a hard link lead to the same file, a copy does not; a device is never one."""
    source, link, hard, copy = (tmp_path / name for name in ("a", "b", "c", "d"))
    source.write_bytes(b"1")
    copy.write_bytes(b"1")
    link.symlink_to(source)
    os.link(source, hard)
    assert all(is_input(path, [source]) for path in (source, link, hard))
    assert not is_input(copy, [source])
    assert not is_input(tmp_path / "none", [source, tmp_path / "none"])
    assert not is_input(Path(os.devnull), [Path(os.devnull)])
