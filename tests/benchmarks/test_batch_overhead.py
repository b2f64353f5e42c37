"""A batch is timed on processes and on a cluster."""

import pytest

from benchmarks.batch_overhead import batch_times_s


@pytest.mark.filterwarnings("ignore")  # distributed's own habits
def test_each_is_timed() -> None:
    """The same songs take some time on each."""
    pytest.importorskip("distributed")
    times = batch_times_s(2, 1)
    assert list(times) == [
        "one process of this machine", "processes of this machine", "workers of a Dask cluster"
    ]  # fmt: skip
    assert all(taken is not None and taken > 0 for taken in times.values())
