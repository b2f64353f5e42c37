"""What has no place in a kernel is named, and bounds are checked on request."""

from typing import Any

import pytest

from tests.synth.kernels.tree import KERNELS, plant


def test_bounds_are_checked_on_request(tmp_path: Any) -> None:
    """What reads beyond an array is an error there."""
    tree = plant(tmp_path / "tree", KERNELS.replace("weight(column)", "rows[row + 1, 0]"))
    done = tree.python("-c", "from synth.weighing import main; main()", CHIPGEN_KERNELS="checked")
    assert done.returncode == 1
    assert "IndexError" in done.stderr


@pytest.mark.parametrize(
    "statement",
    ["rows = np.zeros((3, 3))", "factor = np.exp(factor)", "rows = rows[::-1].copy()"],
    ids=["array", "C library", "copy"],
)
def test_what_has_no_place_in_a_kernel_is_named(statement: str, tmp_path: Any) -> None:
    """A kernel that makes arrays, or needs a library's math, cannot be built."""
    first = "    for row in range(first"
    tree = plant(tmp_path / "tree", KERNELS.replace(first, f"    {statement}\n{first}"))
    done = tree.python("-m", "synth.kernels.build")
    assert done.returncode == 1
    assert "error: synth.weighing.weigh" in done.stderr
    assert "Kernels make no arrays, raise nothing" in done.stderr
    assert not list(tree.built.iterdir())
