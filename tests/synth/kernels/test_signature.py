"""Arguments of another kind are refused."""

from typing import Any

import numpy as np
import pytest

from synth.kernels import kernel


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
