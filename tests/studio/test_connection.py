"""Sessions are counted, apart from each other, and end with their tab."""

import contextlib
import json
import socket
import time

import numpy as np
import pytest

from chipgen.studio import connection
from tests.studio.sessions import RATE, document, error_of, rendered
from tests.studio_pages import Studio


def test_a_tab_that_takes_nothing_is_let_go(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that asks for sound and never takes it is let go, and holds up no other."""
    monkeypatch.setattr(connection, "SLOW_S", 2.0)
    greedy = socket.create_connection(("127.0.0.1", int(studio.address.rsplit(":", 1)[1][:-1])))
    greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    host = studio.address.removeprefix("http://").rstrip("/")
    greedy.sendall(
        f"GET /ws HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    with greedy, studio.page() as page:
        for message in (
            {"type": "document", "document": document(loops=True)},
            {"type": "play", "from_beat": 0},
        ):
            greedy.sendall(frame_of(json.dumps(message).encode()))
        page.send(type="document", document=document())
        page.send(type="play", from_beat=0)
        heard = page.listen_until(RATE)
        np.testing.assert_array_equal(heard[:, 0], rendered()[:RATE, 0])
        greedy.settimeout(0.2)
        end_s = time.monotonic() + 60
        while len(studio.app.state.sessions) > 1:
            assert time.monotonic() < end_s, "the session of a page that takes nothing goes on"
            with contextlib.suppress(OSError):
                greedy.sendall(frame_of(b'{"type": "room", "frames": 0}'))
            time.sleep(0.01)


def frame_of(payload: bytes) -> bytes:
    """Return a text message as RFC 6455 frames it, masked with zeros."""
    if len(payload) < 126:
        length = bytes([0x80 | len(payload)])
    else:
        length = bytes([0x80 | 127]) + len(payload).to_bytes(8, "big")
    return b"\x81" + length + bytes(4) + payload


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '{"type": "explode"}', '{"type": "play", "from_beat": -1}',
        '{"type": "play", "from_beat": 1e999}', '{"type": "document"}',
        '{"type": "key", "on": true, "note": 400}', '{"type": "room", "frames": -5}',
        '{"type": "sound", "values": {"a": NaN}}', "[" * 100_000,
    ],
)  # fmt: skip
def test_wrong_messages_are_a_line(studio: Studio, text: str) -> None:
    """What is no message is answered by one line, and the session goes on."""
    with studio.page() as page:
        page.send_text(text)
        error = error_of(page)["error"]
        assert "\n" not in error
        assert len(error) < 400
        page.send(type="document", document=document())
        page.until("voices")


def test_tabs_are_counted(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many tabs another is told to close one, and nothing else suffers."""
    monkeypatch.setattr(connection, "MOST_SESSIONS", 1)
    with studio.page() as first, studio.page() as second:
        assert first.until("hello")
        with pytest.raises(AssertionError, match="too many tabs"):
            second.until("hello")
        first.send(type="document", document=document())
        first.until("voices")


def test_two_tabs_do_not_disturb_each_other(studio: Studio) -> None:
    """Two tabs hear their own documents; one that composes and breaks down harms no other."""
    with studio.page() as one, studio.page() as other:
        one.send(type="document", document=document())
        other.send(type="document", document=document(preset="organ"))
        other.send(type="compose", id=1, request={"bars": 8})
        one.send(type="play", from_beat=0)
        other.send(type="play", from_beat=0)
        heard = one.listen_until(48_000)
        np.testing.assert_array_equal(heard[:, 0], rendered()[:48_000, 0])
        other_heard = other.listen_until(24_000)
        np.testing.assert_array_equal(other_heard[:, 0], rendered("organ")[:24_000, 0])
        other.kill()
        np.testing.assert_array_equal(one.listen_until(96_000)[:, 0], rendered()[:96_000, 0])


def test_a_closed_tab_frees_its_work(studio: Studio) -> None:
    """A tab that goes, politely or not, in the midst of composing leaves no session and no job."""
    for politely in (True, False):
        page = studio.page()
        with page:
            page.send(type="document", document=document())
            page.send(type="play", from_beat=0)
            page.send(type="compose", id=1, request={"bars": 256})
            page.listen_until(4_800)
            if not politely:
                page.kill()
        end_s = time.monotonic() + 60
        while studio.app.state.sessions or studio.app.state.pool.busy:
            assert time.monotonic() < end_s, "the session goes on without its tab"
            time.sleep(0.05)
