"""Digests of what a kernel's machine code depends on.

A kernel is its own code, the code of the compiled functions that it reaches, and the values of the
constants that all of these name.
"""

import ast
import hashlib
import importlib.util
import json
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from synth.kernels.signature import Entry, Marked

PACKAGES: Final = ("synth", "chipgen")
_COMPILER: Final = "synth.kernels.jit"

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Reach:
    """The parts that a kernel's code is made of.

    Attributes
    ----------
    code
        The source file of each function, by "module:function", or of a whole module, by "module:".
    names
        Digest of what the functions' names stand for: other functions, and constants.
    """

    code: dict[str, str]
    names: str


def reach(kernel: Entry) -> Reach:
    """Follow a kernel to all functions and constants that its code is made of.

    Raises
    ------
    TypeError
        If it names something that is neither a compiled function nor a constant.
    """
    code = {f"{_COMPILER}:": _path_of(_COMPILER)}
    meanings: list[tuple[str, str, str]] = []
    waiting: list[Marked] = [kernel]
    while waiting:
        part = waiting.pop()
        key = _key(part)
        if key in code:
            continue
        code[key] = part.function.__code__.co_filename
        if part.written_in:
            code[f"{part.written_in}:"] = _path_of(part.written_in)
            continue
        for name, value in _globals(part.function):
            if isinstance(value, Marked):
                waiting.append(value)
                meanings.append((key, name, _key(value)))
            else:
                meanings.append((key, name, _constant(key, name, value)))
    return Reach(code, digest(json.dumps(sorted(meanings)).encode()))


def describe(kernels: Iterable[Entry]) -> dict[str, Any]:
    """Return digests of what kernels are made of, which `is_current` compares with the sources."""
    described: dict[str, dict[str, Any]] = {"kernels": {}, "files": {}, "code": {}}
    for kernel in kernels:
        reached = reach(kernel)
        described["kernels"][kernel.name] = [reached.names, *sorted(reached.code)]
        for key, path in reached.code.items():
            module, _, function = key.partition(":")
            described["files"][module] = _file_digest(path)
            described["code"][key] = _code_digests(path)[function]
    return described


def is_current(kernel: Entry, described: dict[str, Any]) -> bool:
    """Whether a kernel's sources are still those that were described."""
    try:
        reached = reach(kernel)
        if described["kernels"][kernel.name] != [reached.names, *sorted(reached.code)]:
            return False
        for key, path in reached.code.items():
            module, _, function = key.partition(":")
            same_file = described["files"][module] == _file_digest(path)
            if not same_file and described["code"][key] != _code_digests(path)[function]:
                return False
    except (OSError, SyntaxError, LookupError, TypeError, AttributeError):
        return False
    return True


def digest(data: bytes) -> str:
    """Return a digest of bytes."""
    return hashlib.blake2b(data, digest_size=20).hexdigest()


@cache
def _file_digest(path: str) -> str:
    """Return the digest of a source file as it is."""
    return digest(Path(path).read_bytes())


@cache
def _code_digests(path: str) -> dict[str, str]:
    """Return digests of a source file's functions and of its whole code, without docstrings."""
    tree = ast.parse(Path(path).read_bytes())
    parts: dict[str, ast.AST] = {"": tree}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            if ast.get_docstring(node, clean=False) is not None:
                del node.body[0]
            if isinstance(node, ast.FunctionDef):
                parts[node.name] = node
    return {name: digest(ast.dump(part).encode()) for name, part in parts.items()}


def _path_of(module: str) -> str:
    """Return where a module's source is, without importing it."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise OSError(f"{module} has no source")
    return spec.origin


def _key(part: Marked) -> str:
    return f"{part.function.__module__}:{part.function.__qualname__}"


def _globals(function: Function) -> Iterator[tuple[str, Any]]:
    """Yield the globals that a function's code names, except those of other packages."""
    names = set(_names(function.__code__))
    for name in sorted(names & function.__globals__.keys()):
        value = function.__globals__[name]
        if not isinstance(value, types.ModuleType):
            if not _is_foreign(value):
                yield name, value
        elif value.__name__.partition(".")[0] in PACKAGES:
            for attribute in sorted(names & vars(value).keys()):
                held = vars(value)[attribute]
                if not isinstance(held, types.ModuleType) and not _is_foreign(held):
                    yield f"{name}.{attribute}", held


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _is_foreign(value: Any) -> bool:
    """Whether a value is a function or type of Python, numpy or the like, and no constant."""
    return callable(value) and not isinstance(value, Marked)


def _constant(key: str, name: str, value: Any) -> str:
    if isinstance(value, np.ndarray | np.generic):
        return f"{value.dtype.descr} {value.shape} {digest(value.tobytes())}"
    if isinstance(value, np.dtype):
        return str(value.descr)
    if isinstance(value, tuple):
        return f"({', '.join(_constant(key, name, part) for part in value)})"
    if isinstance(value, bool | int | float | str):
        return repr(value)
    raise TypeError(f"{key} names {name}, a {type(value).__name__}, which is no constant")
