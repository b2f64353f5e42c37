"""numba's `njit`, imported when a compiled function is first called rather than when it is defined.

numba takes longer to import than most songs take to render, and most renders compose nothing.
"""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cached_property, update_wrapper
from typing import Any


def njit(*, cache: bool) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function on its first call, as ``numba.njit(cache=cache)`` does.

    Such functions may call each other.
    """
    return lambda function: _LazilyCompiled(function, cache)


class _LazilyCompiled:
    """A function, and numba's own of it once that is asked for."""

    def __init__(self, function: Callable[..., Any], cache: bool) -> None:
        self._function = function
        self._cache = cache
        update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        return self._compiled(*arguments)

    @cached_property
    def _compiled(self) -> Any:
        import numba

        return numba.njit(self._function, cache=self._cache)

    @property
    def _numba_type_(self) -> Any:
        """What numba asks a value for that it does not know: here it is the compiled function."""
        import numba

        return numba.types.Dispatcher(self._compiled)


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
