"""The decorators of compiled functions, and how Python calls them.

Nothing is loaded before the first call. Machine code comes from the library that was built with the
package (`synth.kernels.library`), or from numba in this process (`synth.kernels.jit`).
"""

import ctypes
import struct
import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any

from synth.kernels.signature import CHECKED, PYTHON, Entry, Kind, Marked, mode, word_count


class Compiled(Marked):
    """A function that is machine code where kernels call it, and plain Python elsewhere."""

    def __call__(self, *arguments: Any) -> Any:
        """Run the function in Python."""
        return self.function(*arguments)

    @cached_property
    def _numba_type_(self) -> Any:
        """What numba asks for a value of a type that it does not know."""
        from synth.kernels.jit import type_of

        return type_of(self)


class Kernel(Entry, Compiled):
    """A compiled function that Python calls; other Python threads run meanwhile."""

    def __init__(self, function: Callable[..., Any], arrays: dict[str, str]) -> None:
        super().__init__(function, arrays)
        self._native: Callable[[Any], int] | None = None
        self._loading = threading.Lock()

    def __call__(self, *arguments: Any) -> Any:
        """Run the machine code."""
        return _Bound(self, {})(*arguments)

    def bind(self, **fixed: Any) -> Callable[..., Any]:
        """Return the function with some arguments bound, to be called with the others.

        What is returned must not be called by two threads at the same time.
        """
        return _Bound(self, fixed)

    def load(self) -> Callable[[Any], int] | None:
        """Return the machine code, which takes the address of its arguments as words.

        None if the function is to be called as it is.

        Raises
        ------
        SynthError
            If there is neither a built library nor numba.
        """
        with self._loading:
            if self._native is None and mode() not in (CHECKED, PYTHON):
                from synth.kernels import library

                self._native = library.load(self)
            return self._native


def compiled(function: Callable[..., Any]) -> Any:
    """Mark a function that kernels call.

    Arithmetic is strict IEEE 754, so every machine computes the same. Divisions are not checked for
    0, which no divisor may be. Compiled functions raise nothing, make no arrays and assign no
    slices; they take functions such as exp from `synth.kernels.elementary`.
    """
    return Compiled(function)


def compiled_by(module: str) -> Callable[[Callable[..., Any]], Any]:
    """Mark a function that kernels call, and whose LLVM code a module writes by hand.

    Parameters
    ----------
    module
        Its `INTRINSICS` has numba's intrinsic of the function, by the function's name.
    """
    return lambda function: Compiled(function, module)


def kernel(**arrays: str) -> Callable[[Callable[..., Any]], Kernel]:
    """Mark a function that Python calls as machine code; the rules of `compiled` hold.

    Parameters
    ----------
    **arrays
        Element type and dimensions of parameters that are arrays, as in ``table="float64[:,:]"``.
        The others are float64 if they are annotated as ``float``, else int64. The function returns
        one of the two, as annotated, or nothing.
    """
    return lambda function: Kernel(function, arrays)


class _Bound:
    """A kernel with some arguments in their places already."""

    def __init__(self, kernel: Kernel, fixed: dict[str, Any]) -> None:
        self._kernel = kernel
        self._kept = fixed  # the machine code reads these arrays
        self._native: Callable[[Any], int] | None = None
        self._open: list[tuple[int, Kind]] = []
        words: list[int] = []
        for name, kind in zip(kernel.parameters, kernel.kinds, strict=True):
            if name in fixed:
                words += _words(kind, fixed[name])
            else:
                self._open.append((len(words), kind))
                words += [0] * word_count(kind)
        self._words = (ctypes.c_int64 * len(words))(*words)

    def __call__(self, *arguments: Any) -> Any:
        """Run the machine code on the fixed arguments and on these."""
        words = self._words
        for (place, kind), argument in zip(self._open, arguments, strict=True):
            for offset, word in enumerate(_words(kind, argument)):
                words[place + offset] = word
        code = self._native or self._kernel.load()
        if code is None:
            return self._call_as_it_is(arguments)
        self._native = code
        result = code(words)
        return _float(result) if self._kernel.returns_float else result

    def _call_as_it_is(self, arguments: tuple[Any, ...]) -> Any:
        """Run the function in Python, or with the bounds of arrays checked."""
        given = iter(arguments)
        kernel = self._kernel
        whole = tuple(
            _converted(kind, self._kept[name] if name in self._kept else next(given))
            for name, kind in zip(kernel.parameters, kernel.kinds, strict=True)
        )
        if mode() == PYTHON:
            return kernel.function(*whole)
        from synth.kernels.jit import call_checked

        return call_checked(kernel, whole)


def _words(kind: Kind, value: Any) -> tuple[int, ...]:
    """Turn an argument into words."""
    if isinstance(kind, str):
        return (int(value) if kind == "int64" else _word(value),)
    dtype, dimensions = kind
    if value.dtype != dtype or value.ndim != dimensions or not value.flags.c_contiguous:
        raise TypeError(
            f"{value.dtype} {value.shape} is no contiguous {dtype} of {dimensions} axes"
        )
    # Asking for an address takes a microsecond, and most blocks of a stream have no writes.
    return (value.ctypes.data if value.size else 0, *value.shape)


def _converted(kind: Kind, value: Any) -> Any:
    if isinstance(kind, str):
        return int(value) if kind == "int64" else float(value)
    return value


def _word(value: float) -> int:
    """Return the word that holds a float64."""
    word: int = struct.unpack("<q", struct.pack("<d", value))[0]
    return word


def _float(word: int) -> float:
    """Return the float64 that a word holds."""
    value: float = struct.unpack("<d", struct.pack("<q", word))[0]
    return value
