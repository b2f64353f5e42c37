"""`chipgen dataset render` tells what it made, goes on with it, and refuses what does not apply."""

import json
import shutil
from pathlib import Path

import pytest

from tests.commandline import Result, run

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    """Return a folder with a song."""
    folder = tmp_path / "songs"
    folder.mkdir()
    shutil.copy(EXAMPLES / "seed.mid", folder / "a.mid")
    return folder


def render(songs: Path, *more: str) -> Result:
    """Render the songs as they are."""
    options = ["--as-is", "--rate", "8000", "--jobs", "1", *more]
    return run("dataset", "render", songs, "-o", songs.parent / "out", *options)


def test_it_is_rendered_once(songs: Path) -> None:
    """A second run renders nothing; failures are listed, and the exit code is 1."""
    first = render(songs, "--presets", "plain,soft", "--format", "flac")
    assert first.exit_code == 0, first.output
    assert "1 rendered" in first.stderr
    lines = (songs.parent / "out" / "manifest.jsonl").read_text().splitlines()
    assert [json.loads(line)["audio"] for line in lines] == [
        "0000/a.plain.flac",
        "0000/a.soft.flac",
    ]
    (songs / "broken.mid").write_bytes(b"MThd")
    again = render(songs, "--presets", "plain,soft", "--format", "flac")
    assert again.exit_code == 1
    assert "1 up to date, 1 failed" in again.stderr
    assert "broken.mid" in again.stderr


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--takes", "2"], "--takes"),
        (["--bars", "4"], "--as-is"),
        (["--presets", "brigth"], "bright"),
        (["--presets", "soft,soft"], "soft twice"),
        (["--format", "vgm"], "vgm"),
        (["--on", "nowhere"], "dask://HOST:PORT"),
        (["--temperature", "2"], "--temperature"),
    ],
)
def test_what_does_not_apply_is_refused(songs: Path, more: list[str], words: str) -> None:
    """Exit 2, one line that names the option, and nothing is written."""
    done = render(songs, *more)
    assert done.exit_code == 2, done.output
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (songs.parent / "out").exists()
