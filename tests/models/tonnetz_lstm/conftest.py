"""Settings that the tests of `tonnetz-lstm` share."""

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Give torch one thread: small sums only get in each other's way on more."""
    torch.set_num_threads(1)
