"""Runs a function on many jobs on a Dask cluster, whose workers may die."""

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import Any, Final, TypeVar

from chipgen import __version__
from chipgen.errors import ChipgenError, RequestError
from synth.extras import require_extra

Job = TypeVar("Job")
Result = TypeVar("Result")

SCHEME: Final = "dask://"
_CONNECT_S: Final = 15
_one_at_a_time = threading.Lock()  # a process has one working folder


def parse_cluster(text: str) -> str:
    """Return the address of a scheduler that ``dask://HOST:PORT`` names.

    Raises
    ------
    RequestError
        If it names none.
    MissingExtraError
        If ``distributed`` is not installed.

    Examples
    --------
    >>> parse_cluster("dask://127.0.0.1:8786")
    'tcp://127.0.0.1:8786'
    """
    host, colon, port = text.removeprefix(SCHEME).rpartition(":")
    if not text.startswith(SCHEME) or not host or not colon or not port.isdecimal():
        raise RequestError(f"--on {text[:60]!r} is no cluster; give dask://HOST:PORT")
    require_extra("cluster", "working on a cluster")
    return f"tcp://{host}:{port}"


def run_on_cluster(
    function: Callable[[Job], Result], jobs: Iterable[Job], address: str
) -> Generator[tuple[Job, Result | None], None, None]:
    """Call a function on each job on the workers of a cluster, and yield the results as they come.

    The workers see the same files under the same paths, and run the same version of chipgen in the
    folder that this process is in. The job of a worker that dies is tried on another one, as often
    as the scheduler allows (``distributed.scheduler.allowed-failures``).

    Parameters
    ----------
    function
        Called on the workers, one job of a process at a time.
    jobs
        What to do; they can be pickled, as results can.
    address
        Of the scheduler, such as ``tcp://127.0.0.1:8786``.

    Yields
    ------
    tuple
        A job and its result; None if its workers died.

    Raises
    ------
    ChipgenError
        If there is no such cluster, its workers lack chipgen or have another version, or it goes.
    MissingExtraError
        If ``distributed`` is not installed.
    """
    require_extra("cluster", "working on a cluster")
    import distributed
    from distributed.scheduler import KilledWorker

    finished: Any = distributed.as_completed

    try:
        connect: Any = distributed.Client
        client = connect(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise ChipgenError(f"{address}: no Dask scheduler answers ({reason})") from None
    folder = os.getcwd()  # noqa: PTH109 (a text travels)
    with client:
        rounds = deque([list(jobs)])
        while rounds:
            batch = rounds.popleft()
            futures = {
                client.submit(_work, function, job, folder, __version__, pure=False): job
                for job in batch
            }
            try:
                for future in finished(list(futures), loop=client.loop):
                    job, failure = futures[future], future.exception()
                    if not isinstance(failure, KilledWorker):
                        if failure is not None:
                            told = " ".join(f"{type(failure).__name__}: {failure}".split())[:200]
                            raise ChipgenError(f"{address}: a worker cannot do its work ({told})")
                        yield job, future.result()
                    elif len(batch) > 1:
                        rounds.append([job])  # the worker may have died of another's job
                    else:
                        yield job, None
                    future.release()
            finally:
                client.cancel(list(futures), force=True)


def _work(function: Callable[[Any], Any], job: Any, folder: str, version: str) -> Any:
    """Do a job in the folder where it was asked for; this runs on a worker."""
    if version != __version__:
        raise ChipgenError(f"the worker has chipgen {__version__}, and {version} is needed")
    with _one_at_a_time, contextlib.chdir(folder):
        return function(job)
