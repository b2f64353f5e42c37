"""A kernel is called with what it was compiled for, in each of the modes, with the same results."""

from typing import Any

import numpy as np
import pytest

from synth.kernels import kernel
from tests.synth.kernels.tree import WEIGHED, plant


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


def test_a_mode_that_is_none_is_an_error(tmp_path: Any) -> None:
    """The line names the variable and all of its values."""
    done = plant(tmp_path / "tree").python(
        "-c", "from synth.weighing import main; main()", CHIPGEN_KERNELS="fast"
    )
    assert "CHIPGEN_KERNELS=fast is unknown; choose one of built, baseline," in done.stderr
