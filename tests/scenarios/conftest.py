"""The studio in a browser, for the scenarios that use it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import StudioServer, chromium, running_server, studio_tab


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return a headless Chromium."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def server(browser: Any) -> Iterator[StudioServer]:
    """Return a running studio; the browser comes first, for without one nothing need start."""
    assert browser
    with running_server() as running:
        yield running


@pytest.fixture
def page(browser: Any, server: StudioServer) -> Iterator[Any]:
    """Return a fresh tab whose console must stay without complaints."""
    with studio_tab(browser, server.url) as tab:
        yield tab
