"""Suggests the nearest name for one that does not exist."""

import difflib
from collections.abc import Iterable


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Return advice that names the nearest of `known`, or all of them if none is near.

    Examples
    --------
    >>> nearest_name("dutty", ["volume", "duty"])
    "did you mean 'duty'?"
    >>> nearest_name("x", ["volume", "duty"])
    'choose one of duty, volume'
    """
    names = sorted(known)
    close = difflib.get_close_matches(name[:64], names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    shown = ", ".join(names[:24])
    return f"choose one of {shown}" + (", ..." if len(names) > 24 else "")
