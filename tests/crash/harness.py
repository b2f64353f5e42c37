"""Kills a command at each of its operations on files, and checks the world after each.

After a kill, each file of the user's is as it was, and each output is absent, as it was, or whole.
After one more run, undisturbed, outputs have the bytes of a run that was never killed, and nothing
else is left in the folder.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
LIMIT_S: Final = 300.0


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
        Files that it keeps for itself, and may leave in any state that the next run can read.
    again
        The words of the run after a kill, if they are others.
    """

    name: str
    prepare: Callable[[Path], None]
    words: tuple[str, ...]
    outputs: tuple[str, ...]
    journals: tuple[str, ...] = ()
    again: tuple[str, ...] = ()


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


def _run(command: tuple[str, ...], folder: Path, library: Path | None, at: int) -> tuple[int, int]:
    """Run a command; return its exit code and how many operations there were."""
    environment = {**os.environ, "TMPDIR": str(folder.parent / "tmp")}
    counter = folder.parent / "count"
    counter.write_bytes(bytes(8))
    if library is not None:
        environment |= {
            "LD_PRELOAD": str(library), "CRASH_ROOT": f"{folder}/", "CRASH_AT": str(at),
            "CRASH_COUNT": str(counter),
        }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "chipgen", *command], cwd=folder, env=environment,
        capture_output=True, check=False, timeout=LIMIT_S,
    )  # fmt: skip
    if b"Traceback" in done.stderr:
        raise AssertionError(done.stderr.decode())
    return done.returncode, int.from_bytes(counter.read_bytes(), sys.byteorder)


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _new_folder(base: Path, command: Command) -> Path:
    folder = base / "work"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (base / "tmp").mkdir(exist_ok=True)
    command.prepare(folder)
    return folder


def count_points(command: Command, base: Path, library: Path) -> tuple[int, dict[str, bytes]]:
    """Run a command undisturbed; return its operations on files, and what it leaves."""
    folder = _new_folder(base, command)
    code, points = _run(_words(command, folder), folder, library, 0)
    if code:
        raise AssertionError(f"{command.name} fails undisturbed, with {code}")
    return points, _contents(folder)


def check_point(
    command: Command, at: int, base: Path, library: Path, expected: dict[str, bytes]
) -> list[str]:
    """Kill a command at an operation; return what is wrong then, and after the next run."""
    folder = _new_folder(base, command)
    before = _contents(folder)
    _run(_words(command, folder), folder, library, at)
    wrong = []
    after = _contents(folder)
    for name, data in before.items():
        if name not in command.outputs and after.get(name) != data:
            wrong.append(f"{name} of the user's is lost")
    for name in command.outputs:
        if after.get(name) not in (None, before.get(name), expected[name]):
            wrong.append(f"{name} is half written")
        if name in before and name not in after:
            wrong.append(f"{name} is lost")
    code, _ = _run(_words(command, folder, again=True), folder, None, 0)
    last = _contents(folder)
    kept = set(expected) | set(command.journals)
    wrong += [f"{name} is left behind" for name in sorted(set(last) - kept)]
    if code not in (0, 1) or (code == 1 and after != {**after, **_outputs(command, expected)}):
        wrong.append(f"the next run ends with {code}")
    for name in command.outputs:
        if last.get(name) != expected[name]:
            wrong.append(f"{name} is another after the next run")
    wrong += [f"{path.name} is left among temporary files" for path in (base / "tmp").iterdir()]
    return [f"{command.name} at {at}: {text}" for text in wrong]


def _outputs(command: Command, expected: dict[str, bytes]) -> dict[str, bytes]:
    return {name: expected[name] for name in command.outputs}


def _words(command: Command, folder: Path, *, again: bool = False) -> tuple[str, ...]:
    """Return a command's words with full paths, by which the library knows its files."""
    words = command.again if again and command.again else command.words
    return tuple(str(folder / word[2:]) if word.startswith("./") else word for word in words)


def check_command(command: Command, most: int) -> tuple[int, list[str]]:
    """Kill a command at so many of its operations; return how many, and what is wrong."""
    with tempfile.TemporaryDirectory(prefix="crash-") as name:
        base = Path(name).resolve()
        library = build_shim(base)
        points, expected = count_points(command, base, library)
        tried = sorted({1 + k * (points - 1) // max(1, most - 1) for k in range(min(most, points))})
        wrong = [text for at in tried for text in check_point(command, at, base, library, expected)]
    return len(tried), wrong
