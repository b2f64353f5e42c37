"""`chipgen plot` draws an example."""

import os
from pathlib import Path

from tests.commandline import run

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_command_draws_an_example(tmp_path: Path) -> None:
    """`chipgen plot` draws a file, refuses to overwrite, and names bars that are not there."""
    output = tmp_path / "roll.png"
    odd = os.fsdecode(b"caf\xe9 \x1b[2J")  # neither is a character that a font could have
    done = run("plot", EXAMPLES / "seed.mid", "-o", output, "--show", "2-3", "--title", odd)
    assert done.exit_code == 0, done.output
    assert output.read_bytes().startswith(b"\x89PNG")
    assert f"{output}: drawn" in done.stderr
    assert run("plot", EXAMPLES / "seed.mid", "-o", output, "--format", "svg").exit_code == 2
    assert "did you mean .png" in run("plot", EXAMPLES / "seed.mid", "-o", "a.pgn").stderr
    again = run("plot", EXAMPLES / "seed.mid", "-o", output)
    assert again.exit_code == 1
    assert "--force" in again.stderr
    beyond = run("plot", EXAMPLES / "seed.mid", "-o", tmp_path / "b.png", "--show", "900")
    assert beyond.exit_code == 2
    assert "--show 900" in beyond.stderr
    wrong = run("plot", EXAMPLES / "seed.mid", "-o", tmp_path / "b.png", "--show", "5-2")
    assert wrong.exit_code == 2
    assert "no span of bars" in wrong.stderr
