"""Connects a WebSocket to a session, and ends both."""

import asyncio
import contextlib
import json
import logging
import secrets
from typing import Any, Final

from fastapi import WebSocket, WebSocketDisconnect

from chipgen.playing.live_player import RATE_HZ
from chipgen.studio.page_messages import DOCUMENT_BYTES
from chipgen.studio.session import Session
from chipgen.studio.worker_pool import WorkerPool
from synth.chip.audio_stream import MAX_RATE_HZ, MIN_RATE_HZ
from synth.whole_number import parse_whole

MOST_SESSIONS: Final = 16
SLOW_S: Final = 10.0  # a page that accepts nothing for this long is disconnected
POLICY, STUMBLED, TRY_LATER = 1008, 1011, 1013

_logger = logging.getLogger(__name__)


async def serve_session(socket: WebSocket, pool: WorkerPool, sessions: set[Session]) -> None:
    """Serve a page's WebSocket until either side ends it."""
    rate_text = socket.query_params.get("rate", str(RATE_HZ))
    rate_hz = parse_whole(rate_text) or 0
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        await socket.close(POLICY, f"rate must be {MIN_RATE_HZ} to {MAX_RATE_HZ}")
        return
    await socket.accept()
    if len(sessions) >= MOST_SESSIONS:
        await socket.close(TRY_LATER, "too many tabs are open; close one")
        return
    wire = _Wire(socket)
    session = Session(pool, rate_hz, wire.send_text, wire.send_bytes)
    sessions.add(session)
    tasks = [asyncio.create_task(session.run()), asyncio.create_task(_listen(socket, session))]
    try:
        await wire.send_text({
            "type": "hello", "rate_hz": rate_hz, "session": secrets.token_hex(4),
            "most_bytes": DOCUMENT_BYTES,
        })  # fmt: skip
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            await task
    except (WebSocketDisconnect, TimeoutError, OSError):
        pass
    except Exception as error:
        if not _is_end(error):
            _logger.exception("a session stumbled: %r", error)
            with contextlib.suppress(Exception):
                await wire.send_text({"type": "error", "error": "the studio stumbled; see its log"})
    finally:
        sessions.discard(session)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await session.close()
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1.0):
                await socket.close(STUMBLED)


class _Wire:
    """Sends one message after the other, each within a time."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._turn = asyncio.Lock()

    async def send_text(self, message: dict[str, Any]) -> None:
        text = json.dumps(message, separators=(",", ":"))
        async with asyncio.timeout(SLOW_S), self._turn:
            await self._socket.send_text(text)

    async def send_bytes(self, data: bytes) -> None:
        async with asyncio.timeout(SLOW_S), self._turn:
            await self._socket.send_bytes(data)


async def _listen(socket: WebSocket, session: Session) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        await session.receive(message.get("text") or message.get("bytes") or b"")


def _is_end(error: BaseException) -> bool:
    """Return whether an error only says that the page has gone."""
    if isinstance(error, BaseExceptionGroup):
        return all(_is_end(inner) for inner in error.exceptions)
    gone = (WebSocketDisconnect, TimeoutError, OSError, RuntimeError)
    return isinstance(error, gone) and (
        not isinstance(error, RuntimeError) or "close" in str(error) or "disconnect" in str(error)
    )
