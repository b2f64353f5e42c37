"""`chipgen batch` reports failures and remarks by file, and stops soon when interrupted."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chipgen.music.formats import write_score
from chipgen.music.score import Note, Score, Track
from tests.batches import EXAMPLES, batch, make_songs
from tests.commandline import run


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    """Return a folder with two good files, one of them in a sub-folder."""
    return make_songs(tmp_path / "songs")


def test_failures_stop_nothing_and_are_told_at_the_end(songs: Path) -> None:
    """A file that cannot be read is named, the others are rendered, and the exit code is 1."""
    (songs / "0-broken.mid").write_bytes(b"not a midi file")
    result = batch(songs)
    assert result.exit_code == 1
    assert "0-broken.mid" in result.stderr
    assert "2 rendered, 1 failed" in result.stderr
    assert not (songs.parent / "out" / "0-broken.wav").exists()


def test_remarks_about_a_file_are_told_with_its_name(songs: Path) -> None:
    """What was guessed of one of many files can be found."""
    hits = tuple(Note(k / 2, 0.25, (36, 42, 38, 42)[k % 4]) for k in range(32))
    tune = tuple(Note(float(k), 1.0, 60 + k % 5) for k in range(16))
    score = Score((Track("Kit", 3, notes=hits), Track("Tune", notes=tune)), end_beats=16.0)
    write_score(score, songs / "c.mid", overwrite=False)
    assert "c.mid: played as drums: track:0 'Kit'" in batch(songs).stderr


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    """A folder without scores is named rather than passed over."""
    result = run("batch", tmp_path, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "no scores" in result.stderr


def test_an_interrupted_batch_ends_soon_and_can_go_on(songs: Path) -> None:
    """Ctrl-C stops the workers at once; what was finished counts, and a rerun does the rest.

    No half-written file stays, hidden or not, and no worker goes on with the next song.
    """
    for index in range(60):
        shutil.copy(EXAMPLES / "orchestra.mid", songs / f"{index:02}.mid")
    out = songs.parent / "out"
    command = [sys.executable, "-m", "chipgen", "batch", str(songs), "-o", str(out), "--as-is",
               "--rate", "8000", "--jobs", "2"]  # fmt: skip
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not list(out.glob("[!.]*.wav")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    finished = [path for path in out.rglob("*") if path.suffix == ".wav"]
    assert 0 < len(finished) < 62
    assert all(path.name[0] != "." for path in finished)
    made = {path.relative_to(out).with_suffix("") for path in finished}
    left = [path for path in songs.glob("*.mid") if Path(path.stem) not in made]
    for path in left[2:]:  # two are enough for the rest
        path.unlink()
    again = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert again.returncode == 0, again.stderr
    assert re.search(r"rendered, \d+ up to date", again.stderr)
