"""Times a batch in one process, in as many as is usual, and on a Dask cluster of this machine."""

import contextlib
import importlib.util
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.processes import run_program
from benchmarks.songs import SEED


def batch_times_s(songs: int, workers: int) -> dict[str, float | None]:
    """Render the example seed as so many songs; None stands where Dask is not installed.

    Parameters
    ----------
    songs
        How many.
    workers
        Workers of the cluster.

    Returns
    -------
    dict
        Seconds on the clock by where the work was done; the cluster has done some before.
    """
    times: dict[str, float | None] = {}
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name) / "songs"
        folder.mkdir()
        for number in range(songs):
            shutil.copy(SEED, folder / f"{number}.mid")
        command = [sys.executable, "-m", "chipgen", "batch", str(folder), "--as-is", "-f", "-o"]

        def run(place: str, *where: str) -> float:
            return run_program([*command, str(folder.with_name(place)), *where]).wall_s

        times["one process of this machine"] = run("alone", "--jobs", "1")
        times["processes of this machine"] = run("local")
        times["workers of a Dask cluster"] = None
        if importlib.util.find_spec("distributed") is not None:
            import distributed

            start: Any = distributed.LocalCluster
            cluster = stack.enter_context(
                start(n_workers=workers, threads_per_worker=1, dashboard_address=None)
            )
            on = cluster.scheduler_address.replace("tcp", "dask", 1)
            run("first", "--on", on)
            times["workers of a Dask cluster"] = run("cluster", "--on", on)
    return times
