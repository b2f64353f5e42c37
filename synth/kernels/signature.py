"""Describes compiled functions: arguments, results, and how they are called."""

import ctypes
import os
import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeAlias

import numpy as np

from synth.errors import SynthError
from synth.kernels.processor import LEVELS

# How kernels run. The environment variable is read once, before the first of them does.
VARIABLE: Final = "CHIPGEN_KERNELS"
BUILT, JIT, CHECKED, PYTHON = "built", "jit", "checked", "python"
MODES: Final = (BUILT, *LEVELS, JIT, CHECKED, PYTHON)

# A scalar's type by name, or an array's dtype and dimensions.
Kind: TypeAlias = "str | tuple[np.dtype[Any], int]"

_ARRAY: Final = re.compile(r"(\w+)\[(:(?:,:)*)\]")
_PROTOTYPE: Final = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)


@cache
def mode() -> str:
    """Return how kernels run in this process: one of `MODES`.

    Raises
    ------
    SynthError
        If the environment variable names none of them.
    """
    chosen = os.environ.get(VARIABLE) or BUILT
    if chosen not in MODES:
        raise SynthError(f"{VARIABLE}={chosen} is unknown; choose one of {', '.join(MODES)}")
    return chosen


class Marked:
    """A function that is machine code where kernels call it.

    Attributes
    ----------
    written_in
        The module that has its code in LLVM's own language; "" if numba is to make it.
    """

    def __init__(self, function: Callable[..., Any], written_in: str = "") -> None:
        self.function = function
        self.written_in = written_in
        self.__doc__ = function.__doc__


class Entry(Marked):
    """A marked function that Python calls.

    Attributes
    ----------
    name
        Module and function.
    parameters, kinds
        The parameters' names, and for each "int64", "float64" or the dtype and the dimensions of a
        C-contiguous array.
    returns_float
        Whether it returns a float64; else an int64, or nothing.
    """

    def __init__(self, function: Callable[..., Any], arrays: dict[str, str]) -> None:
        super().__init__(function)
        self.name = f"{function.__module__}.{function.__qualname__}"
        code = function.__code__
        self.parameters = code.co_varnames[: code.co_argcount]
        self.kinds: tuple[Kind, ...] = tuple(
            _array_kind(arrays[name]) if name in arrays else _scalar_kind(function, name)
            for name in self.parameters
        )
        self.returns_float = function.__annotations__.get("return") is float


def native(address: int) -> Callable[[Any], int]:
    """Make code in memory callable."""
    return _PROTOTYPE(address)


def word_count(kind: Kind) -> int:
    """How many words an argument takes: a scalar one, an array its address and its shape."""
    return 1 if isinstance(kind, str) else 1 + kind[1]


def _array_kind(text: str) -> Kind:
    """Read "float64[:,:]"."""
    found = _ARRAY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no array type; write one such as float64[:,:]")
    return np.dtype(found[1]), found[2].count(":")


def _scalar_kind(function: Callable[..., Any], name: str) -> Kind:
    return "float64" if function.__annotations__.get(name) is float else "int64"
