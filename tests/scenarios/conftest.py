"""The studio in a browser, for the scenarios that use it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import StudioServer, chromium, renew_studio, running_server, studio_tab


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


@pytest.fixture(scope="module")
def tab(browser: Any, server: StudioServer) -> Iterator[Any]:
    """Return the tab that `page` begins anew for each test."""
    with studio_tab(browser, server.url) as opened:
        yield opened


@pytest.fixture
def page(tab: Any, server: StudioServer) -> Iterator[Any]:
    """Return a tab with an empty roll, whose console must stay without complaints."""
    renew_studio(tab, server.url)
    yield tab
    assert not tab.complaints
