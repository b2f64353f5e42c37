"""Requests from other sites are refused, and answers are locked down."""

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.studio.sessions import RATE, SEED
from tests.studio_pages import Studio


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "evil.example:8765"},
        {"host": "127.0.0.1.evil.example"},
        {"host": ""},
        {"host": "192.168.0.7"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_strangers_are_turned_away(client: httpx.Client, headers: dict[str, str]) -> None:
    """Another Host (DNS rebinding) or Origin (another site's page) gets a line and nothing else."""
    for answer in (
        client.get("/api/about", headers=headers),
        client.post("/api/read", content=SEED.read_bytes(), headers=headers),
    ):
        assert answer.status_code in (400, 403)
        assert len(answer.text) < 200


def test_other_sites_open_no_session(studio: Studio) -> None:
    """A WebSocket with another site's Origin is refused; with the page's own it is opened."""
    page = studio.page(origin="http://evil.example")
    with pytest.raises(InvalidStatus), page:
        pass
    with studio.page(origin=studio.address.rstrip("/")) as own:
        assert own.until("hello")["rate_hz"] == RATE


def test_answers_are_locked_down(client: httpx.Client) -> None:
    """The page may load and ask nothing but its own server; answers are not sniffed nor stored."""
    for path in ("/", "/api/about", "/page/index.html", "/nothing"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers
    assert client.get("/api/about").headers["cache-control"] == "no-store"
