"""Files on the command line: pipes, examples, and outputs that nobody named."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chipgen.app.examples import example_path
from tests.commandline import run

SEED = Path(__file__).parents[2] / "examples" / "seed.mid"


@pytest.mark.parametrize("key", ["wav", "flac", "vgm", "mid", "nsf"])
def test_a_pipe_carries_what_a_file_would(tmp_path: Path, key: str) -> None:
    """From standard input to standard output: the bytes of a file, and nothing else."""
    rate = ["--rate", "8000"] if key in ("wav", "flac") else []
    named = tmp_path / f"music.{key}"
    source = tmp_path / "-"
    source.write_bytes(SEED.read_bytes())
    assert run("render", source, "-o", named, "--as-is", *rate).exit_code == 0
    piped = run(
        "render", "-", "-o", "-", "--format", key, "--as-is", *rate, stdin=SEED.read_bytes()
    )
    assert piped.exit_code == 0, piped.stderr
    assert piped.stderr.startswith("standard output: 8 seed bars")
    assert piped.data == named.read_bytes()


def test_a_real_pipe_works_too(tmp_path: Path) -> None:
    """The program as a process, with its standard streams redirected."""
    done = subprocess.run(
        [sys.executable, "-m", "chipgen", "render", "-", "-o", "-", "--format", "mid",
         "--as-is", "-q"],
        input=SEED.read_bytes(), capture_output=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout[:4] == b"MThd"
    assert not list(tmp_path.iterdir())


def test_what_is_piped_in_is_read_by_its_first_bytes(tmp_path: Path) -> None:
    """A chip file too; errors call it standard input."""
    vgm = tmp_path / "a.vgm"
    run("export", SEED, "-o", vgm, "--seconds", "1")
    told = run("info", "-", "--json", stdin=vgm.read_bytes())
    assert json.loads(told.stdout)["format"].startswith("VGM")
    damaged = run("info", "-", stdin=b"MThd\0\0")
    assert damaged.exit_code == 1
    assert damaged.stderr.startswith("chipgen: standard input")
    assert run("info", "-").stderr.startswith("chipgen: standard input: it is empty")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--format", "wav", "--takes", "2"], "takes one file"),
        (["--format", "wav", "--stems", "apu"], "takes one file"),
        (["--format", "wav", "--track", "all"], "takes one file"),
        (["--format", "wave2"], "is no format"),
    ],
)
def test_standard_output_takes_one_file_of_a_format(words: list[str], why: str) -> None:
    """Else it is wrong usage, and nothing is sent."""
    result = run("render", SEED, "-o", "-", *words)
    assert (result.exit_code, result.data) == (2, b"")
    assert why in result.stderr


@pytest.mark.parametrize(
    ("words", "head"),
    [
        (["generate", "--bars", "1"], b"MThd"),
        (["arrange"], b"MThd"),
        (["export"], b"NESM"),
        (["render", "--as-is", "--rate", "8000"], b"RIFF"),
        (["plot", "--lower", "waveform"], b"\x89PNG"),
        (["plot", "--lower", "waveform", "--format", "svg"], b"<?xml"),
    ],
)
def test_a_pipe_that_names_no_format_carries_the_command_s_usual_one(
    words: list[str], head: bytes
) -> None:
    """As a file without a name would have it."""
    result = run(words[0], "-", "-o", "-", *words[1:], stdin=SEED.read_bytes())
    assert result.exit_code == 0, result.stderr
    assert result.data.startswith(head)


@pytest.mark.parametrize("words", [["batch"], ["dataset", "render"], ["examples"]])
def test_what_writes_several_files_refuses_standard_output(
    tmp_path: Path, words: list[str]
) -> None:
    """No folder is called -."""
    folder = [] if words == ["examples"] else [SEED.parent]
    result = run(*words, *folder, "-o", "-", cwd=tmp_path)
    assert (result.exit_code, result.data) == (2, b"")
    assert "name a folder" in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["render", "song.mid", "--as-is", "--rate", "8000"], "song.wav"),
        (["render", "song.mid", "--as-is", "--format", "vgz"], "song.vgz"),
        (["render", "song.mid", "--as-is", "--format", "mid"], "song-chipgen.mid"),
        (["generate", "song.mid", "--bars", "1"], "song-chipgen.mid"),
        (["export", "song.mid"], "song.nsf"),
        (["export", "song.mid", "--to", "famistudio"], "song.famistudio.txt"),
        (["arrange", "song.mid"], "song-chipgen.mid"),
    ],
)
def test_an_output_that_nobody_named_lies_beside_the_input(
    tmp_path: Path, words: list[str], name: str
) -> None:
    """With the suffix of its format, never in the place of the input."""
    (tmp_path / "songs").mkdir()
    source = tmp_path / "songs" / "song.mid"
    source.write_bytes(SEED.read_bytes())
    result = run(words[0], source, *words[2:], cwd=tmp_path)
    assert result.exit_code == 0, result.stderr
    assert sorted(path.name for path in source.parent.iterdir()) == sorted(["song.mid", name])
    assert source.read_bytes() == SEED.read_bytes()


def test_an_example_s_output_lies_here(tmp_path: Path) -> None:
    """Not in the installed package."""
    result = run("render", "example:seed", "--as-is", "--format", "mid", cwd=tmp_path)
    assert result.exit_code == 0, result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["seed.mid"]
    assert example_path("example:seed").read_bytes() == SEED.read_bytes()


def test_without_input_an_output_is_named() -> None:
    """Beside nothing there is no place."""
    for words in (["--from-scratch"], []):
        result = run("generate", *words)
        assert result.exit_code == 2
    assert "-o" in run("generate", "--from-scratch").stderr
    assert "-o" in run("render", "-", stdin=SEED.read_bytes()).stderr
