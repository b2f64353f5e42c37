"""A process's time and memory are its own."""

import sys

import numpy as np
import pytest

from benchmarks.processes import run_program


def test_a_process_is_measured_by_itself() -> None:
    """Memory is the program's own, not that of whoever measures it; a failure is told."""
    ballast = np.ones(50_000_000)  # 400 MB in this process
    small = run_program([sys.executable, "-S", "-c", "pass"])
    large = run_program([sys.executable, "-S", "-c", "x = bytearray(150_000_000)"])
    assert ballast[0] == 1.0
    assert small.peak_mb < 50
    assert 150 < large.peak_mb < 200
    assert 0 < small.cpu_s <= small.wall_s + 0.05
    with pytest.raises(RuntimeError, match="ended with 3"):
        run_program([sys.executable, "-S", "-c", "raise SystemExit(3)"])
