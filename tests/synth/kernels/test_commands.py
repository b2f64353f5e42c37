"""Commands run from built code alone: no compiler, no home, nothing to write but their output."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

SEED = ROOT / "examples" / "seed.mid"

NOBODY = 65_534

RUN = (
    "import contextlib, sys\n"
    "from chipgen.cli.main import main\n"
    "sys.argv[0] = 'chipgen'\n"
    "with contextlib.suppress(SystemExit):\n"
    "    main()\n"
    "print(*sys.modules)\n"
)


def modules_after(*arguments: str | Path) -> set[str]:
    """Return the modules that a fresh process has after a command."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *map(str, arguments)], capture_output=True, text=True,
        check=True, timeout=300, cwd=ROOT,
    )  # fmt: skip
    assert "compiling" not in done.stderr
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["render", SEED, "--as-is"],
        ["render", SEED, "--bars", "2"],
        ["generate", SEED, "--bars", "2", "--model", "tonnetz-lstm"],
    ],
    ids=["as it is", "composed", "the other model"],
)
def test_no_command_loads_a_compiler(arguments: list[str | Path], tmp_path: Path) -> None:
    """Rendering and composing run from what was built, and say nothing of compiling."""
    out = tmp_path / ("out.mid" if arguments[0] == "generate" else "out.wav")
    assert not modules_after(*arguments, "-o", out) & {"numba", "llvmlite", "torch"}
    assert out.stat().st_size > 300


COMMANDS: list[list[str]] = [
    ["render", str(SEED), "-o", "whole.wav", "--bars", "2"],
    ["render", str(SEED), "-o", "as-is.flac", "--as-is"],
    ["generate", str(SEED), "-o", "take.mid", "--bars", "2"],
    ["generate", str(SEED), "-o", "slices.mid", "--bars", "2", "--model", "tonnetz-lstm"],
    ["generate", "--from-scratch", "-o", "scratch.mid", "--bars", "2"],
    ["arrange", str(SEED), "-o", "arranged.mid"],
    ["export", str(SEED), "-o", "song.nsf", "--bars", "0"],
    ["render", "song.nsf", "-o", "song.wav"],
    ["info", "song.nsf"],
    ["plot", str(SEED), "-o", "song.png"],
    ["preset", "list"],
    ["model", "list"],
    ["--help"],
]  # fmt: skip


def as_nobody(folder: Path) -> list[str]:
    """Return what runs a command as nobody, who may read everything and write to the folder.

    The interpreter may lie in root's home, so that reading has to be allowed.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can become nobody")
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("needs setpriv (util-linux) to become nobody")
    command = [
        setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
        "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", sys.executable,
    ]  # fmt: skip
    probe = [*command, "-c", f"open('{folder}/probe', 'w').close()"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody become nobody")
    return command


def test_every_command_works_for_nobody(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Without a home and with a package that cannot be written, nothing else is needed."""
    folder = tmp_path_factory.mktemp("nobody")
    os.chown(folder, NOBODY, NOBODY)
    starter = as_nobody(folder)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    for arguments in COMMANDS:
        done = subprocess.run(
            [*starter, "-m", "chipgen", *arguments], capture_output=True, text=True, check=False,
            timeout=300, cwd=folder, env=environment,
        )  # fmt: skip
        assert done.returncode == 0, (arguments, done.stderr)
        assert "compiling" not in done.stderr, arguments
    for path in folder.iterdir():
        assert path.stat().st_uid == NOBODY
