"""Stops a command at each of its operations on files, and checks the world after each.

It is killed, interrupted as by Ctrl-C, or finds the disk full from there on. Then each file of the
user's is as it was, and each output is absent, as it was, or whole; a command that was not killed
has left nothing else. After one more run, undisturbed, outputs have the bytes of a run that was
never stopped, and nothing else is left in the folder.
"""

import contextlib
import errno
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
STOPS: Final = {"kill": 0, "interrupt": -signal.SIGINT, "full": errno.ENOSPC}
"""How a command is stopped, as the library knows it."""
_COUNT: Final = struct.Struct("3l")


@dataclass(frozen=True, slots=True)
class Command:
    """A command whose kills are watched.

    Attributes
    ----------
    name
        What it is called.
    prepare
        Puts files into an empty folder.
    words
        The command's words, run in that folder.
    outputs
        Files that it writes.
    journals
        Files that it keeps for itself, as patterns, and may leave in any state that the next run
        can read.
    again
        Returns the words of the run after a kill in a folder, if they are others.
    versions
        Tells whether an output is whole, where there are others before the last.
    """

    name: str
    prepare: Callable[[Path], None]
    words: tuple[str, ...]
    outputs: tuple[str, ...]
    journals: tuple[str, ...] = ()
    again: Callable[[Path], tuple[str, ...]] | None = None
    versions: Callable[[bytes], bool] = lambda _: False


def build_shim(folder: Path) -> Path:
    """Compile the library that counts and kills.

    Raises
    ------
    OSError, subprocess.CalledProcessError
        If there is no C compiler.
    """
    library = folder / "shim.so"
    source = HERE / "shim.c"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"],
        check=True, capture_output=True,
    )  # fmt: skip
    return library


class Runner:
    """Runs commands in one folder, and stops them at their operations on files."""

    def __init__(self, base: Path) -> None:
        self.folder = base / "work"
        self.scratch = base / "tmp"
        self.scratch.mkdir()
        self._begun = base / "begun"
        self._told, self._count = base / "told", base / "count"
        self._count.write_bytes(bytes(_COUNT.size))
        environment = {
            **os.environ, "TMPDIR": str(self.scratch), "LD_PRELOAD": str(build_shim(base)),
            "CRASH_ROOT": f"{self.folder}/", "CRASH_COUNT": str(self._count),
        }  # fmt: skip
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.server"],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> "Runner":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.communicate()

    def run(self, words: tuple[str, ...], at: int = 0, stop: str = "kill") -> tuple[int, int]:
        """Run a command, stopped at an operation, if any; return its exit code and operations."""
        self._count.write_bytes(_COUNT.pack(0, at, STOPS[stop]))
        # The library knows files by their full paths.
        full = [str(self.folder / word[2:]) if word.startswith("./") else word for word in words]
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        print(
            json.dumps([str(self.folder), str(self._told), *full]), file=self._server.stdin,
            flush=True,
        )  # fmt: skip
        code = int(self._server.stdout.readline())
        told = self.told()
        if "Traceback" in told or "internal error" in told:
            raise AssertionError(f"{' '.join(words)}, {stop} at {at}: {told}")
        return code, _COUNT.unpack(self._count.read_bytes())[0]

    def told(self) -> str:
        """Return what the last command printed."""
        return self._told.read_text(errors="replace")

    def begin(self, command: Command) -> None:
        """Prepare what a command finds in its folder."""
        self._clear()
        command.prepare(self.folder)
        shutil.rmtree(self._begun, ignore_errors=True)
        self.folder.rename(self._begun)

    def prepare(self) -> dict[str, bytes]:
        """Make the folder anew as the command finds it; return its files."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self._begun, self.folder, symlinks=True)
        return self.contents()

    def contents(self) -> dict[str, bytes]:
        """Return the files in the folder, and the folders, whose names end in ``/``."""
        return {
            f"{path.relative_to(self.folder)}{'/' * path.is_dir()}": (
                b"" if path.is_dir() else path.read_bytes()
            )
            for path in self.folder.rglob("*")
            if path.is_file() or path.is_dir()
        }

    def _clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()


def count_points(command: Command, runner: Runner) -> tuple[int, dict[str, bytes]]:
    """Run a command undisturbed; return its operations on files, and what it leaves."""
    runner.prepare()
    code, points = runner.run(command.words)
    if code:
        raise AssertionError(f"{command.name} fails undisturbed, with {code}: {runner.told()}")
    return points, runner.contents()


def check_point(
    command: Command, at: int, stop: str, runner: Runner, expected: dict[str, bytes]
) -> list[str]:
    """Stop a command at an operation; return what is wrong then, and after the next run."""
    before = runner.prepare()
    code, _ = runner.run(command.words, at, stop)
    after = runner.contents()
    wrong = _find_harm(command, before, after, expected)
    if stop != "kill":
        allowed = {*before, *expected}
        wrong += [f"{name} is left" for name in _surplus(command, after, allowed)]
        wrong += _find_misreport(stop, code, runner.told())
        wrong += _find_scratch(runner)
    code, _ = runner.run(command.again(runner.folder) if command.again else command.words)
    last = runner.contents()
    wrong += [f"{name} is left behind" for name in _surplus(command, last, {*expected})]
    whole = {name: expected[name] for name in command.outputs}
    if code not in (0, 1) or (code == 1 and after != {**after, **whole}):
        wrong.append(f"the next run ends with {code}: {runner.told().strip()[-200:]}")
    for name in command.outputs:
        if last.get(name) != expected[name]:
            wrong.append(f"{name} is another after the next run")
    wrong += _find_scratch(runner)
    return [f"{command.name}, {stop} at {at}: {text}" for text in wrong]


def _find_harm(
    command: Command, before: dict[str, bytes], after: dict[str, bytes], expected: dict[str, bytes]
) -> list[str]:
    """Return what of the user's is lost, and what is half written."""
    wrong = [
        f"{name} of the user's is lost"
        for name, data in before.items()
        if name not in command.outputs and after.get(name) != data
    ]
    for name in command.outputs:
        made = after.get(name)
        if made not in (None, before.get(name), expected[name]) and not command.versions(made):
            wrong.append(f"{name} is half written")
        if name in before and name not in after:
            wrong.append(f"{name} is lost")
    return wrong


def _find_misreport(stop: str, code: int, told: str) -> list[str]:
    """Return what is wrong with how a command that was not killed reports its end."""
    if code == 0:  # it was through, or did without
        return []
    if stop == "interrupt" and (code != 130 or told.splitlines()[-1:] != ["chipgen: stopped"]):
        return [f"it ends with {code} and says {told.strip()[-300:]!r}"]
    if stop == "full" and (code != 1 or not told.strip()):
        return [f"it ends with {code} and says {told.strip()[-300:]!r}"]
    return []


def _find_scratch(runner: Runner) -> list[str]:
    return [
        f"{path.name} is left among temporary files"
        for path in runner.scratch.iterdir()
        if not path.name.startswith("torchinductor_")  # PyTorch keeps it for all its runs
    ]


def _surplus(command: Command, names: dict[str, bytes], allowed: set[str]) -> list[str]:
    """Return the files that are neither allowed nor the command's own."""
    return [
        name
        for name in sorted(set(names) - allowed)
        if not any(fnmatch(name, journal) for journal in command.journals)
    ]


def check_command(
    command: Command, most: int, runner: Runner, stop: str = "kill"
) -> tuple[int, list[str]]:
    """Stop a command at so many of its operations; return how many, and what is wrong."""
    runner.begin(command)
    points, expected = count_points(command, runner)
    count = min(most, points)
    tried = sorted({1 + k * (points - 1) // max(1, count - 1) for k in range(count)})
    wrong = [text for at in tried for text in check_point(command, at, stop, runner, expected)]
    return len(tried), wrong


@contextlib.contextmanager
def running() -> Iterator[Runner]:
    """Yield a runner, in a folder that goes with it."""
    with (
        tempfile.TemporaryDirectory(prefix="crash-") as name,
        Runner(Path(name).resolve()) as runner,
    ):
        yield runner
