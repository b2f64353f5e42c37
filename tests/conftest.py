"""What all tests share: the golden option and the check it governs."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.golden import check_golden

CheckGolden = Callable[[str, NDArray[np.float32]], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--regen-golden``."""
    parser.addoption(
        "--regen-golden",
        action="store_true",
        help="store what the golden tests render instead of comparing with it",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> CheckGolden:
    """Compare a render with the stored one of that name, or store it with ``--regen-golden``."""
    regenerate = bool(request.config.getoption("--regen-golden"))

    def check(name: str, samples: NDArray[np.float32]) -> None:
        check_golden(name, samples, regenerate=regenerate)

    return check
