"""Kills a command at each of its operations on files, and checks the world after each.

After a kill, each file of the user's is as it was, and each output is absent, as it was, or whole.
After one more run, undisturbed, outputs have the bytes of a run that was never killed, and nothing
else is left in the folder.
"""

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
_LONG: Final = struct.calcsize("l")


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
    """Runs commands in one folder, and kills them at their operations on files."""

    def __init__(self, base: Path) -> None:
        self.folder = base / "work"
        self.scratch = base / "tmp"
        self.scratch.mkdir()
        self._told, self._count = base / "told", base / "count"
        self._count.write_bytes(bytes(2 * _LONG))
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

    def run(self, words: tuple[str, ...], at: int = 0) -> tuple[int, int]:
        """Run a command, killed at an operation, if any; return its exit code and operations."""
        self._count.write_bytes(struct.pack("ll", 0, at))
        # The library knows files by their full paths.
        full = [str(self.folder / word[2:]) if word.startswith("./") else word for word in words]
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        print(
            json.dumps([str(self.folder), str(self._told), *full]), file=self._server.stdin,
            flush=True,
        )  # fmt: skip
        code = int(self._server.stdout.readline())
        told = self._told.read_text(errors="replace")
        if "Traceback" in told or "internal error" in told:
            raise AssertionError(told)
        return code, struct.unpack("ll", self._count.read_bytes())[0]

    def prepare(self, command: Command) -> dict[str, bytes]:
        """Make the folder anew as a command finds it; return its files."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        command.prepare(self.folder)
        return self.contents()

    def contents(self) -> dict[str, bytes]:
        """Return the files in the folder."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file()
        }


def count_points(command: Command, runner: Runner) -> tuple[int, dict[str, bytes]]:
    """Run a command undisturbed; return its operations on files, and what it leaves."""
    runner.prepare(command)
    code, points = runner.run(command.words)
    if code:
        raise AssertionError(f"{command.name} fails undisturbed, with {code}")
    return points, runner.contents()


def check_point(command: Command, at: int, runner: Runner, expected: dict[str, bytes]) -> list[str]:
    """Kill a command at an operation; return what is wrong then, and after the next run."""
    before = runner.prepare(command)
    runner.run(command.words, at)
    wrong = []
    after = runner.contents()
    for name, data in before.items():
        if name not in command.outputs and after.get(name) != data:
            wrong.append(f"{name} of the user's is lost")
    for name in command.outputs:
        made = after.get(name)
        if made not in (None, before.get(name), expected[name]) and not command.versions(made):
            wrong.append(f"{name} is half written")
        if name in before and name not in after:
            wrong.append(f"{name} is lost")
    code, _ = runner.run(command.again(runner.folder) if command.again else command.words)
    last = runner.contents()
    wrong += [
        f"{name} is left behind"
        for name in sorted(set(last) - set(expected))
        if not any(fnmatch(name, journal) for journal in command.journals)
    ]
    if code not in (0, 1) or (code == 1 and after != {**after, **_outputs(command, expected)}):
        wrong.append(f"the next run ends with {code}")
    for name in command.outputs:
        if last.get(name) != expected[name]:
            wrong.append(f"{name} is another after the next run")
    wrong += [
        f"{path.name} is left among temporary files"
        for path in runner.scratch.iterdir()
        if not path.name.startswith("torchinductor_")  # PyTorch keeps it for all its runs
    ]
    return [f"{command.name} at {at}: {text}" for text in wrong]


def _outputs(command: Command, expected: dict[str, bytes]) -> dict[str, bytes]:
    return {name: expected[name] for name in command.outputs}


def check_command(command: Command, most: int) -> tuple[int, list[str]]:
    """Kill a command at so many of its operations; return how many, and what is wrong."""
    with (
        tempfile.TemporaryDirectory(prefix="crash-") as name,
        Runner(Path(name).resolve()) as runner,
    ):
        points, expected = count_points(command, runner)
        count = min(most, points)
        tried = [1 + k * (points - 1) // max(1, count - 1) for k in range(count)]
        wrong = [text for at in tried for text in check_point(command, at, runner, expected)]
    return len(tried), wrong
