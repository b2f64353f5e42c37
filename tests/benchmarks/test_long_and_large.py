"""Each long job can be done in small, and what it costs is measured."""

from pathlib import Path

import pytest

from benchmarks.long_and_large import JOBS, Job, measure

SMALL = {"hours": 0.004, "notes": 80, "bars": 1, "files": 2}


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_small_one_is_done(job: Job, tmp_path: Path) -> None:
    """It ends well, and its processor, memory and open files are told."""
    cost = measure(job.prepare(tmp_path, SMALL[job.unit]), tmp_path)
    assert cost.cpu_s > 0
    assert cost.peak_mb > 10
    assert cost.open_files >= 3
