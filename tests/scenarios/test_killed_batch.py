"""A batch ends as asked for, whichever of its processes is killed, and beside another batch."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chipgen.music.formats import write_score
from chipgen.music.score import Note, Score, Track
from tests.commandline import Result, run


def small_songs(folder: Path, count: int) -> Path:
    """Write songs of a few notes, each with its own."""
    folder.mkdir()
    for number in range(count):
        notes = tuple(Note(k / 2, 0.5, 48 + (number * 5 + k * 7) % 36) for k in range(6))
        score = Score((Track(notes=notes),), end_beats=3.0)
        write_score(score, folder / f"{number:03}.mid", overwrite=False)
    return folder


def start(songs: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    """Start a batch of its own that makes small files."""
    command = [sys.executable, "-m", "chipgen", "batch", str(songs), "-o", str(out), "--as-is",
               "--rate", "8000", *more]  # fmt: skip
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)


def finish(songs: Path, out: Path) -> Result:
    """Run the same batch in this process."""
    return run("batch", songs, "-o", out, "--as-is", "--rate", "8000", "--jobs", "1")


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """Return the processes that a process has started and that have music to make."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            _, _, rest = status.read_text().rpartition(") ")
            words = (status.parent / "cmdline").read_text()
        except OSError:
            continue
        if int(rest.split()[1]) == process.pid and "spawn_main" in words:
            found.append(int(status.parent.name))
    return found


def wait_for(out: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Wait until so many files have been made, or the process has ended."""
    end_s = time.monotonic() + 240
    while len(list(out.glob("[!.]*.wav"))) < count and process.poll() is None:
        assert time.monotonic() < end_s
        time.sleep(0.02)


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


@needs_proc
def test_a_worker_that_is_killed_costs_nothing(tmp_path: Path) -> None:
    """Its song is made by another, and all others too."""
    songs, out = small_songs(tmp_path / "songs", 16), tmp_path / "out"
    process = start(songs, out, "--jobs", "2")
    for done in (2, 8):
        wait_for(out, done, process)
        for worker in workers_of(process)[:1]:
            os.kill(worker, signal.SIGKILL)
    _, stderr = process.communicate(timeout=240)
    assert process.returncode == 0, stderr
    assert "16 rendered" in stderr
    assert not list(out.glob(".chipgen-*/*"))


@needs_proc
def test_a_batch_that_is_killed_leaves_no_orphans_and_can_go_on(tmp_path: Path) -> None:
    """Whenever it is killed, its workers end, and the next run makes the rest and no litter."""
    songs, out = small_songs(tmp_path / "songs", 16), tmp_path / "out"
    for done in (1, 7):
        process = start(songs, out, "--jobs", "2")
        wait_for(out, done, process)
        workers = workers_of(process)
        process.kill()
        process.communicate()
        end_s = time.monotonic() + 60
        while any(Path(f"/proc/{worker}/cmdline").exists() for worker in workers):
            assert time.monotonic() < end_s, "orphans"
            time.sleep(0.05)
    last = finish(songs, out)
    assert last.exit_code == 0, last.stderr
    assert "up to date" in last.stderr
    assert sorted(path.name for path in out.iterdir()) == [
        ".chipgen-batch", *(f"{number:03}.wav" for number in range(16))
    ]  # fmt: skip
    assert "16 up to date" in finish(songs, out).stderr


def test_two_batches_in_one_folder_lose_nothing(tmp_path: Path) -> None:
    """The second waits for the first, and both end well."""
    songs, out = small_songs(tmp_path / "songs", 12), tmp_path / "out"
    runs = [start(songs, out, "--jobs", "2") for _ in range(2)]
    said = [run.communicate(timeout=240)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert any("12 up to date" in text for text in said)
    assert "12 up to date" in finish(songs, out).stderr
    assert len(list(out.iterdir())) == 13
