"""Temporary files of killed runs go with the next run; those of living runs stay."""

import contextlib
import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from synth.atomic_write import write_bytes
from synth.temporary_files import (
    is_temporary,
    output_folder,
    sweep_folder,
    temporary_file,
    temporary_folder,
)

HOLD = (
    "import sys, pathlib\n"
    "from synth.temporary_files import temporary_file, temporary_folder\n"
    "folder = pathlib.Path(sys.argv[1])\n"
    "with temporary_file(folder, '.wav') as path, temporary_folder() as scratch:\n"
    "    (scratch / 'deep').mkdir()\n"
    "    (scratch / 'deep' / 'a').write_text('x')\n"
    "    print(path, scratch, sep='\\n', flush=True)\n"
    "    sys.stdin.read()\n"
)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the system's temporary files lie in a folder of this test."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def test_a_living_run_keeps_its_files_and_a_dead_one_s_go(tmp_path: Path, scratch: Path) -> None:
    """What another process holds is left alone until it is killed; then it goes."""
    work = tmp_path / "work"
    work.mkdir()
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(work)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert other.stdin is not None
    assert other.stdout is not None
    held = [Path(other.stdout.readline().strip()) for _ in range(2)]
    write_bytes(work / "a.mid", b"1", overwrite=False)
    with temporary_folder():
        assert all(path.exists() for path in held)
    other.kill()
    other.wait()
    other.stdin.close()
    other.stdout.close()
    assert all(path.exists() for path in held)
    write_bytes(work / "b.mid", b"1", overwrite=False)
    with temporary_folder() as folder:
        assert list(scratch.iterdir()) == [folder]
    assert {path.name for path in work.iterdir()} == {"a.mid", "b.mid"}
    assert list(scratch.iterdir()) == []


def test_only_names_of_ours_are_swept(tmp_path: Path) -> None:
    """Files of the user stay, however alike their names are; links are not followed."""
    kept = [".chipgen-batch", ".chipgen-0123456789abc", "chipgen-0123456789ab", ".chipgen-XYZ"]
    for name in kept:
        (tmp_path / name).write_text("mine")
    (tmp_path / ".chipgen-00000000000a").symlink_to(tmp_path / kept[0])
    (tmp_path / ".chipgen-0123456789ab.wav").write_text("left")
    sweep_folder(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*kept, ".chipgen-00000000000a"}


def test_a_folder_that_was_half_made_or_half_removed_goes(tmp_path: Path) -> None:
    """Whoever is killed between two steps leaves what the next run can remove."""
    (tmp_path / ".chipgen-00000000000a").mkdir()
    half = tmp_path / ".chipgen-00000000000b"
    half.mkdir()
    (half / ".lock").write_text("")
    (half / "part").write_text("x")
    sweep_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_gets_no_lock_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk a folder can still be made where no file can."""

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "open", refuse)
        with pytest.raises(OSError, match="No space"), temporary_folder(tmp_path):
            pass
    assert list(tmp_path.iterdir()) == []


def test_the_same_process_keeps_what_it_holds(tmp_path: Path) -> None:
    """Two threads of one program, as the studio has, do not sweep each other's files."""
    with temporary_file(tmp_path, ".a") as one, temporary_file(tmp_path, ".b") as two:
        sweep_folder(tmp_path)
        assert one.exists()
        assert two.exists()
        assert is_temporary(one)
    assert list(tmp_path.iterdir()) == []


def test_many_runs_in_one_folder_write_all_their_files(tmp_path: Path) -> None:
    """Runs that begin and sweep at once never take each other's files for litter."""
    script = (
        "import sys, pathlib\n"
        "from synth.atomic_write import write_bytes\n"
        "for number in range(60):\n"
        "    name = pathlib.Path(sys.argv[1], f'{sys.argv[2]}-{number}')\n"
        "    write_bytes(name, b'x', overwrite=False)\n"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path), str(number)])
        for number in range(4)
    ]
    assert [run.wait() for run in runs] == [0] * 4
    assert len(list(tmp_path.iterdir())) == 240


def test_a_read_only_leftover_goes(tmp_path: Path) -> None:
    """One that was about to get a read-only file's permissions is removed as well."""
    left = tmp_path / ".chipgen-0123456789ab.wav"
    left.write_text("left")
    left.chmod(0o400)
    sweep_folder(tmp_path)
    assert not left.exists()
    assert os.listdir(tmp_path) == []  # noqa: PTH208 (hidden files too)


def test_a_new_folder_goes_if_nothing_is_written_into_it(tmp_path: Path) -> None:
    """With those above it that were made for it; whatever holds a file stays."""
    for written in (False, True):
        with (
            contextlib.suppress(KeyboardInterrupt),
            output_folder(tmp_path / "a" / "b" / "c"),
        ):
            if written:
                (tmp_path / "a" / "b" / "kept").write_text("x")
            raise KeyboardInterrupt
        assert (tmp_path / "a").exists() == written
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["kept"]
