"""Times several programs in turn, so that other load falls on all alike."""

import os
import statistics
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

Key = TypeVar("Key", bound=str)


def pin_to_one_core() -> int | None:
    """Keep this process and its children on one core; return which, or None where none can."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def use_all_cores() -> None:
    """Let this process and its children run on any core again."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))


def median_cpu_s(work: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median processor seconds of each worker over interleaved rounds.

    One round before the first is not counted: it fills the caches.
    """
    times: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(rounds + 1):
        for name, worker in work.items():
            start = time.process_time()
            worker()
            if turn:
                times[name].append(time.process_time() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}
