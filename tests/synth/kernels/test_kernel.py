"""A kernel is called with what it was compiled for, in each of the modes, with the same results."""

from typing import Any

import numpy as np
import pytest

from synth.kernels import kernel
from tests.synth.kernels.tree import KERNELS, WEIGHED, plant


@kernel(rows="float64[:,:]")
def count(rows: Any) -> int:
    """Return how many rows there are."""
    return len(rows)


@pytest.mark.parametrize(
    "rows",
    [np.zeros((2, 2), dtype=np.float32), np.zeros(4), np.zeros((2, 4))[:, ::2]],
    ids=["type", "axes", "gaps"],
)
def test_an_array_of_another_kind_is_refused(rows: np.ndarray) -> None:
    """Machine code trusts its addresses, so other types, axes or gaps are an error before it."""
    with pytest.raises(TypeError, match="no contiguous float64"):
        count(rows)


def test_a_type_that_cannot_be_read_is_refused() -> None:
    """A parameter's type is checked where the kernel is defined."""
    with pytest.raises(ValueError, match="no array type"):
        kernel(rows="float64")(count.function)


def test_arguments_may_be_given_for_good() -> None:
    """A bound kernel takes the rest, call by call."""
    bound = add.bind(into=(sums := np.zeros(2)), factor=2.0)
    bound(0, 1)
    bound(1, 4)
    bound(1, 1)
    assert sums.tolist() == [2.0, 10.0]


@kernel(into="float64[:]")
def add(into: Any, place: int, what: int, factor: float) -> None:
    """Add a product to one place."""
    into[place] += what * factor


@pytest.mark.parametrize("mode", ["jit", "checked", "python"])
def test_all_modes_compute_the_same(mode: str, tmp_path: Any) -> None:
    """Compiled now, with bounds checked or not compiled at all; and nothing is written."""
    tree = plant(tmp_path / "tree")
    printed, said = tree.run(CHIPGEN_KERNELS=mode)
    assert printed == f"{WEIGHED} {mode != 'python'}"
    assert said == ""
    assert not tree.built.exists()


def test_bounds_are_checked_on_request(tmp_path: Any) -> None:
    """What reads beyond an array is an error there."""
    tree = plant(tmp_path / "tree", KERNELS.replace("weight(column)", "rows[row + 1, 0]"))
    done = tree.python("-c", "from synth.weighing import main; main()", CHIPGEN_KERNELS="checked")
    assert done.returncode == 1
    assert "IndexError" in done.stderr


def test_a_mode_that_is_none_is_an_error(tmp_path: Any) -> None:
    """The line names the variable and all of its values."""
    done = plant(tmp_path / "tree").python(
        "-c", "from synth.weighing import main; main()", CHIPGEN_KERNELS="fast"
    )
    assert "CHIPGEN_KERNELS=fast is unknown; choose one of built, baseline," in done.stderr


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
