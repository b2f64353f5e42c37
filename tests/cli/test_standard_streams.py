"""Standard streams that are closed, or cannot be written to, cost nobody a file or a line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
RENDER = ("render", str(EXAMPLES / "seed.mid"), "--as-is", "--seconds", "0.2", "--rate", "8000")

needs_shell = pytest.mark.skipif(os.name != "posix", reason="needs a shell that closes streams")


def run_shell(redirections: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command with its streams as a shell sets them."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirections}', "sh", sys.executable, "-m", "chipgen", *words],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@needs_shell
def test_a_file_is_made_with_all_streams_closed(tmp_path: Path) -> None:
    """Nothing that would be printed gets into it, though its number may be a stream's."""
    told, silent = tmp_path / "told.wav", tmp_path / "silent.wav"
    assert run_shell("", *RENDER, "-o", str(told)).returncode == 0
    assert run_shell("<&- >&- 2>&-", *RENDER, "-o", str(silent)).returncode == 0
    assert silent.read_bytes() == told.read_bytes()


@needs_shell
@pytest.mark.parametrize(
    ("redirection", "words"),
    [
        (">&-", ("preset", "list")), ("> /dev/full", ("preset", "list")),
        ("> /dev/full", (*RENDER, "-o", "-", "--format", "wav")),
    ],
)  # fmt: skip
def test_output_that_cannot_be_written_is_one_line(
    redirection: str, words: tuple[str, ...]
) -> None:
    """A result that reaches nobody is an error of standard output, and is not described."""
    if "full" in redirection and not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    done = run_shell(redirection, *words)
    assert done.returncode == 1
    assert [line[:26] for line in done.stderr.splitlines()] == ["chipgen: standard output: "]
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@needs_shell
def test_messages_that_reach_nobody_stop_no_work(tmp_path: Path) -> None:
    """Who does not read them gets the file all the same."""
    made = tmp_path / "a.wav"
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "chipgen", *RENDER, "-o", str(made)],
        stderr=write, check=False, timeout=120,
    )  # fmt: skip
    os.close(write)
    assert done.returncode == 0
    assert made.exists()
