"""Marks the functions that run as machine code, and calls the ones that Python enters by.

Nothing is compiled or loaded before the first call. What an earlier run compiled is loaded by LLVM
alone (`synth.chip.machinecode`); numba, which takes longer to import than most songs to render, is
needed only to compile (`synth.chip.compiling`).
"""

import contextlib
import ctypes
import re
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Final

import numpy as np

# What machine code is found by: a function that takes the address of its arguments as words.
SYMBOL: Final = "chipgen_entry"

_ARRAY: Final = re.compile(r"(\w+)\[(:(?:,:)*)\]")


class Compiled:
    """A function that is machine code where other such functions call it.

    Called from Python it is plain Python, with the same results.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.__doc__ = function.__doc__

    def __call__(self, *arguments: Any) -> Any:
        """Run the function in Python."""
        return self.function(*arguments)

    @cached_property
    def _numba_type_(self) -> Any:
        """What numba asks a value for that it does not know."""
        from synth.chip.compiling import dispatcher_type

        return dispatcher_type(self.function)


class CompiledEntry(Compiled):
    """A compiled function that Python calls; other threads of Python go on meanwhile.

    Attributes
    ----------
    kinds
        For each parameter dtype and dimensions of a C-contiguous array, or None for an integer.
    """

    def __init__(self, function: Callable[..., Any], arrays: dict[str, str]) -> None:
        super().__init__(function)
        code = function.__code__
        self.parameters = code.co_varnames[: code.co_argcount]
        kinds = {name: _kind(text) for name, text in arrays.items()}
        self.kinds = tuple(kinds.get(name) for name in self.parameters)
        self._native: Callable[[Any], int] | None = None
        self._loading = threading.Lock()

    def __call__(self, *arguments: Any) -> int:
        """Run the machine code."""
        return self.bind()(*arguments)

    def bind(self, **fixed: Any) -> Callable[..., int]:
        """Return the function with some arguments given for good, to be called with the others.

        What is returned must not be called by two threads at the same time.
        """
        return _Bound(self, fixed)

    def load(self) -> Callable[[Any], int]:
        """Load or compile the machine code; it takes the address of its arguments as words."""
        with self._loading:
            if self._native is None:
                from synth.chip import machinecode

                self._native = machinecode.load(self)
            return self._native


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function that other compiled functions call.

    Arithmetic stays strict IEEE 754 (no fast-math), so every machine computes the same samples.
    Divisions are not checked for 0, which no divisor here can be. Functions must
    not make arrays, nor assign slices, which numba may have to copy.
    """
    return Compiled(function)


def compiled_entry(**arrays: str) -> Callable[[Callable[..., int]], CompiledEntry]:
    """Compile a function that Python calls, or load what an earlier run compiled.

    Parameters
    ----------
    **arrays
        Element type and dimensions of parameters that are arrays, as in ``table="float64[:,:]"``;
        the others are integers, and so is what the function returns.
    """
    return lambda function: CompiledEntry(function, arrays)


@contextlib.contextmanager
def said_if_slow(what: str, after_s: float = 3.0) -> Iterator[None]:
    """Say on standard error what is being compiled if the block takes longer than `after_s`."""
    timer = threading.Timer(after_s, lambda: print(what, file=sys.stderr, flush=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class _Bound:
    """An entry with some arguments in their places already."""

    def __init__(self, entry: CompiledEntry, fixed: dict[str, Any]) -> None:
        self._entry = entry
        self._kept = fixed  # the machine code reads these arrays
        self._native: Callable[[Any], int] | None = None
        self._open: list[tuple[int, Any]] = []
        words: list[int] = []
        for name, kind in zip(entry.parameters, entry.kinds, strict=True):
            if name in fixed:
                words += _words(kind, fixed[name])
            else:
                self._open.append((len(words), kind))
                words += [0] * word_count(kind)
        self._words = (ctypes.c_int64 * len(words))(*words)

    def __call__(self, *arguments: Any) -> int:
        """Run the machine code on the fixed arguments and on these."""
        words = self._words
        for (place, kind), argument in zip(self._open, arguments, strict=True):
            for offset, word in enumerate(_words(kind, argument)):
                words[place + offset] = word
        native = self._native
        if native is None:
            native = self._native = self._entry.load()
        return native(words)


def word_count(kind: tuple[np.dtype[Any], int] | None) -> int:
    """How many words an argument takes: an integer one, an array its address and its shape."""
    return 1 if kind is None else 1 + kind[1]


def _words(kind: tuple[np.dtype[Any], int] | None, value: Any) -> tuple[int, ...]:
    """Turn an argument into words."""
    if kind is None:
        return (int(value),)
    dtype, dimensions = kind
    if value.dtype != dtype or value.ndim != dimensions or not value.flags.c_contiguous:
        raise TypeError(
            f"{value.dtype} {value.shape} is no contiguous {dtype} of {dimensions} axes"
        )
    # Asking for an address takes a microsecond, and most blocks of a stream have no writes.
    return (value.ctypes.data if value.size else 0, *value.shape)


def _kind(text: str) -> tuple[np.dtype[Any], int]:
    """Read "float64[:,:]"."""
    found = _ARRAY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no array type; write one such as float64[:,:]")
    return np.dtype(found[1]), found[2].count(":")
