"""A running studio, for the tests of this folder that talk to one."""

from collections.abc import Iterator

import httpx
import pytest

from tests.studio_pages import Studio, running_studio


@pytest.fixture(scope="package")
def studio() -> Iterator[Studio]:
    """Run one studio for all tests of this folder."""
    with running_studio() as running:
        yield running


@pytest.fixture(scope="package")
def client(studio: Studio) -> Iterator[httpx.Client]:
    """Connect to it."""
    with httpx.Client(base_url=studio.address, timeout=60) as connected:
        yield connected
