"""Runs a function on many jobs in processes that may die."""

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import threading
import types
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import connection, forkserver
from multiprocessing.process import BaseProcess
from typing import Any, Final, Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

MOST_TRIES: Final = 3  # of a job whose process died
_GRACE_S: Final = 10.0  # that a stopped process has to clean up, on a busy machine too

# Not forked from this process: torch's and numba's threads do not survive a fork.
_METHOD: Final = "forkserver" if sys.platform == "linux" else "spawn"
_UNCOLLECTED: Final = "chipgen.app.imports_uncollected"


@dataclass(slots=True)
class _Worker(Generic[Job]):
    """A process, the connection to it, and its job; None while it is idle."""

    process: BaseProcess
    way: "connection.Connection[Any, Any]"
    job: Job | None = None
    tries: int = 0


def prepare_processes(module: str) -> None:
    """Import a module for the processes of `run_jobs`, while this process does something else.

    Parameters
    ----------
    module
        What they need. It must start no threads.

    Notes
    -----
    On Linux one process imports it, and those of `run_jobs` are its forks. On other systems, where
    forks are not safe, each of them imports what it needs, and this does nothing.
    """
    if _METHOD == "forkserver":
        multiprocessing.set_forkserver_preload([_UNCOLLECTED, module])
        with _interrupts_ignored(), _main_hidden():
            forkserver.ensure_running()


def default_workers() -> int:
    """Return how many processes keep this machine busy: one a core, and one more on several.

    Each waits a third of its time until its files are on the disk.
    """
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return cores + 1 if cores > 1 else 1


def run_jobs(
    function: Callable[[Job], Result], jobs: Iterable[Job], workers: int
) -> Generator[tuple[Job, Result | None], None, None]:
    """Call a function on each job in other processes, and yield the results as they come.

    A process that dies, killed or out of memory, is replaced, and its job tried again after the
    others. When the generator is closed, or this process ends in any way, the processes end.

    Parameters
    ----------
    function
        Called in the other processes; it can be pickled, as jobs and results can.
    jobs
        What to do.
    workers
        How many processes there are at a time, at most.

    Yields
    ------
    tuple
        A job and its result; None if its process died `MOST_TRIES` times.
    """
    waiting = deque((job, 0) for job in jobs)
    workers = min(workers, len(waiting))
    processes: list[_Worker[Job]] = []
    try:
        while waiting or any(worker.job is not None for worker in processes):
            while waiting and len(processes) < workers:
                processes.append(_start(function))
            for worker in processes:
                _give_next(worker, waiting)
            ways = {worker.way: worker for worker in processes}
            for way in connection.wait(ways):
                worker = ways[way]  # type: ignore[index]
                job, tries = worker.job, worker.tries + 1
                try:
                    result = worker.way.recv()
                except (EOFError, OSError):
                    processes.remove(worker)
                    _end([worker])
                    if job is not None and tries < MOST_TRIES:
                        waiting.append((job, tries))
                    elif job is not None:
                        yield job, None
                    continue
                worker.job = None
                assert job is not None  # workers answer only jobs that they were given
                _give_next(worker, waiting)  # before the result is looked at, which takes time
                yield job, result
    finally:
        _end(processes)


def _give_next(worker: _Worker[Job], waiting: "deque[tuple[Job, int]]") -> None:
    """Give an idle process the next job, if there is one."""
    if worker.job is None and waiting:
        worker.job, worker.tries = waiting.popleft()
        with contextlib.suppress(OSError):  # it has died, which shows when it is waited for
            worker.way.send(worker.job)


def _start(function: Callable[[Any], Any]) -> _Worker[Any]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context(_METHOD).Process(  # type: ignore[attr-defined]
        target=_work, args=(theirs, function, dict(os.environ)), daemon=True
    )
    # Which the process inherits from its first moment on.
    with _interrupts_ignored(), _main_hidden():
        process.start()
    theirs.close()
    return _Worker(process, ours)


def _end(processes: list[_Worker[Any]]) -> None:
    """End processes; busy ones abort their jobs and clean up."""
    for worker in processes:
        worker.way.close()
        worker.process.terminate()
    for worker in processes:
        worker.process.join(_GRACE_S)
        worker.process.kill()  # it may be compiling, and ignore the signal
        worker.process.join()


def _work(
    way: "connection.Connection[Any, Any]",
    function: Callable[[Any], Any],
    environment: dict[str, str],
) -> None:
    """Do jobs until the connection is closed."""
    gc.freeze()  # what it shares with the process that it is a fork of
    gc.enable()
    os.environ.clear()  # the one it was forked from may have begun with another
    os.environ.update(environment)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of `finally` blocks
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        while True:
            way.send(function(way.recv()))


def _end_with_parent() -> None:
    """End this process when the one that started it has ended, killed or not."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


@contextlib.contextmanager
def _main_hidden() -> Iterator[None]:
    """Keep a new process from running this one's script, of which it needs nothing.

    `multiprocessing` runs the file of the module ``__main__`` in each process that it spawns, so a
    script would begin again in all of them unless it guards its top level.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Leave Ctrl-C, which the terminal sends to all processes, to the one that asked for the work.

    Processes started meanwhile inherit that they ignore it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's affair
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
