"""Counts work instead of timing it, so that a budget holds on a busy machine as on a quiet one."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def count_lines(work: Callable[[], object]) -> int:
    """Return how many lines of Python run while `work` does; a loop's lines count each time round.

    Compiled code and what NumPy does within one call are not seen.
    """
    count = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count
