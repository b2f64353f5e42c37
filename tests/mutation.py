"""Changes a module's code a little, again and again, and counts how often its tests notice.

`python -m tests.mutation loops --most 40` tries so many changes of one module, drawn with a seed;
without a name it goes through all. A change that no test notices is printed: either a test is
missing, or the code says the same in two ways.
"""

import argparse
import ast
import contextlib
import importlib
import importlib.abc
import importlib.util
import multiprocessing
import os
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy  # noqa: F401  # loaded once, for all the children
import pytest

ROOT: Final = Path(__file__).parents[1]
LIMIT_S: Final = 300.0

# name: (module, tests)
MODULES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "midi-read": (
        "chipgen.music.midi.read",
        (
            "tests/music/midi/test_read.py",
            "tests/music/midi/test_score_assembly.py",
            "tests/music/midi/test_write_nesmdb.py",
            "tests/music/midi/test_hanging_notes.py",
            "tests/music/midi/test_tracks.py",
            "tests/music/midi/test_conductor.py",
            "tests/music/test_nesmdb_dialect.py",
        ),
    ),
    "vgm": (
        "synth.formats.vgm_read",
        ("tests/synth/formats/test_vgm_read.py", "tests/synth/formats/test_vgm_dac_streams.py"),
    ),
    "nsf-machine": (
        "synth.formats.nsf_machine",
        (
            "tests/synth/formats/test_nsf_machine_state.py",
            "tests/synth/formats/test_nsf_machine.py",
            "tests/synth/formats/test_nsf_read.py",
        ),
    ),
    "meter": (
        "chipgen.rows.meter_inference",
        ("tests/rows/test_meter_inference.py", "tests/rows/test_musical_time.py"),
    ),
    "voicing": (
        "synth.instrument.voice_frames",
        (
            "tests/synth/instrument/test_voice_frames.py",
            "tests/synth/instrument/test_modulation.py",
            "tests/synth/instrument/test_driver.py",
        ),
    ),
    "sequence": (
        "synth.instrument.macro_sequence",
        ("tests/synth/instrument/test_macro_sequence.py",),
    ),
    "files": ("synth.atomic_write", ("tests/synth/test_atomic_write.py",)),
    "loops": (
        "synth.output.loops_and_fades",
        ("tests/synth/output/test_loops_and_fades.py", "tests/synth/output/test_delivery.py"),
    ),
}

_COMPARED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_COUNTED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a module: its line, what it was and what it is, and the whole new code."""

    line: int
    before: str
    after: str
    code: str


def changes_of(source: str) -> Iterator[Change]:
    """Yield every small change of a module's functions that is known here."""
    for at in range(_count(source)):
        tree = ast.parse(source)
        node, change = list(_places(tree))[at]
        line, before = node.lineno, ast.unparse(node)
        change(node)
        after = ast.unparse(node)
        if after != before:
            yield Change(line, before, after, ast.unparse(tree))


def _count(source: str) -> int:
    return sum(1 for _ in _places(ast.parse(source)))


def _places(tree: ast.AST) -> Iterator[tuple[Any, Any]]:
    """Yield each node that can be changed, with what changes it; docstrings and types stay."""
    for node in _inside_functions(tree, inside=False):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARED:
            yield node, _swap_compared
        elif isinstance(node, ast.BinOp) and type(node.op) in _COUNTED:
            yield node, _swap_counted
        elif isinstance(node, ast.BoolOp):
            yield node, _swap_bool
        elif isinstance(node, ast.IfExp | ast.If):
            yield node, _negate
        elif type(getattr(node, "value", None)) is int and isinstance(node, ast.Constant):
            yield node, _add_one


def _inside_functions(node: ast.AST, *, inside: bool) -> Iterator[ast.AST]:
    """Yield what functions are made of, each part once, without their types and defaults."""
    if inside:
        yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "args", "returns") and not isinstance(node, ast.Call):
            continue
        within = inside or (isinstance(node, ast.FunctionDef) and name == "body")
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _inside_functions(child, inside=within)


def _swap_compared(node: ast.Compare) -> None:
    node.ops[0] = _COMPARED[type(node.ops[0])]()


def _swap_counted(node: ast.BinOp) -> None:
    node.op = _COUNTED[type(node.op)]()


def _swap_bool(node: ast.BoolOp) -> None:
    node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()


def _negate(node: Any) -> None:
    node.test = ast.UnaryOp(ast.Not(), node.test)


def _add_one(node: ast.Constant) -> None:
    assert isinstance(node.value, int)
    node.value += 1


def load_libraries(tests: Sequence[str]) -> bool:
    """Load into this process what tests load of others, for all its children; tell if tests pass.

    What is ours stays out, so that a child loads it with its change.
    """
    ours, theirs = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(
        target=_run_tests, args=("", "", tests, theirs)
    )
    child.start()
    theirs.close()
    with contextlib.suppress(EOFError):
        for name in ours.recv():
            if name.partition(".")[0] not in ("chipgen", "synth", "tests", "conftest"):
                with contextlib.suppress(Exception):
                    importlib.import_module(name)
    with contextlib.suppress(ImportError):  # which compiles kernels that are changed
        importlib.import_module("numba")
    child.join()
    return child.exitcode == 0


def is_noticed(module: str, change: Change, tests: Sequence[str]) -> bool:
    """Tell whether tests fail with a change, in a child of this process."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        path = Path(folder, "changed.py")
        path.write_text(change.code)
        child = multiprocessing.get_context("fork").Process(
            target=_run_tests, args=(module, str(path), tests)
        )
        child.start()
        child.join(LIMIT_S)
        if child.is_alive():  # it runs for ever, which tests would notice
            child.kill()
            child.join()
            return True
    if child.exitcode not in (0, 1, 2, 3) and (child.exitcode or 0) > 0:
        raise RuntimeError(f"pytest ends with {child.exitcode}")
    return child.exitcode != 0


def _run_tests(
    module: str, path: str, tests: Sequence[str], tell: "Connection[Any, Any] | None" = None
) -> None:
    """Run tests with a changed module, without output; tell which modules were loaded."""
    os.chdir(ROOT)
    os.environ["KERNELS_ARE_BUILT"] = "yes" if tell is None else ""
    sys.dont_write_bytecode = True
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.meta_path.insert(0, _Finder(module, path))
    quick = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=no",
             "-W", "ignore::pytest.PytestAssertRewriteWarning"]  # fmt: skip
    code = int(pytest.main([*quick, *tests]))
    if tell is not None:
        tell.send(sorted(sys.modules))
    os._exit(code)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the changed module in place of the one that is installed."""

    def __init__(self, module: str, path: str) -> None:
        self._module, self._path = module, path

    def find_spec(self, name: str, _path: Any = None, _target: ModuleType | None = None) -> Any:
        if name != self._module:
            return None
        return importlib.util.spec_from_file_location(name, self._path)


def main() -> None:
    """Try changes, and print the share that was noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("names", nargs="*", choices=[*MODULES, []], metavar="NAME")
    parser.add_argument("--most", type=int, default=40, help="changes of each module")
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    for name in wanted.names or MODULES:
        module, tests = MODULES[name]
        path = ROOT / f"{module.replace('.', '/')}.py"
        changes = list(changes_of(path.read_text()))
        as_it_is = Change(0, "", "", path.read_text())
        if not load_libraries(tests) or is_noticed(module, as_it_is, tests):
            raise SystemExit(f"{name}: its tests fail as it is")
        tried = random.Random(wanted.seed).sample(changes, min(wanted.most, len(changes)))
        unnoticed = [each for each in tried if not is_noticed(module, each, tests)]
        noticed = len(tried) - len(unnoticed)
        print(f"{name}: {noticed} of {len(tried)} noticed, of {len(changes)} changes", flush=True)
        for each in sorted(unnoticed, key=lambda change: change.line):
            place = f"{path.relative_to(ROOT)}:{each.line}"
            print(f"    {place}: {each.before[:60]} -> {each.after[:60]}", flush=True)


if __name__ == "__main__":
    main()
