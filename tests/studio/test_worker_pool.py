"""Workers end with the studio."""

import sys
import time
from pathlib import Path

import pytest

from tests.studio.programs import started, workers_of


def test_workers_end_with_the_studio_that_is_killed() -> None:
    """Even a studio that is killed outright leaves no worker behind."""
    if sys.platform != "linux":
        pytest.skip("reads /proc to see the workers")
    with started() as (process, _):
        end_s = time.monotonic() + 60
        while not (workers := workers_of(process.pid)):
            assert time.monotonic() < end_s
            time.sleep(0.05)
        process.kill()
        process.wait()
        end_s = time.monotonic() + 60
        while any(Path(f"/proc/{worker}").exists() for worker in workers):
            assert time.monotonic() < end_s, "a worker lives on"
            time.sleep(0.05)
