"""Starts the studio at a host and port, and stops it on Ctrl-C."""

import asyncio
import contextlib
import gc
import os
import socket
import sys
from collections.abc import Callable
from typing import Final

import uvicorn

from chipgen.errors import ChipgenError
from chipgen.studio.page_messages import DOCUMENT_BYTES
from chipgen.studio.server import make_app
from synth.extras import require_extra

CLOSING_S: Final = 3
NICENESS: Final = -10  # sound cannot wait for what else a machine does
SWITCH_S: Final = 0.0005  # the thread that makes sound waits for others at most so long at a time


def serve(host: str, port: int, on_address: Callable[[str], None]) -> None:
    """Run the studio until it is stopped.

    Parameters
    ----------
    host, port
        Where it listens; port 0 takes one that is free.
    on_address
        Called with the address, once it answers there.

    Raises
    ------
    ChipgenError
        If the address cannot be listened at, or what speaks WebSocket is missing.
    """
    require_extra("studio", "the studio")
    listener = listen(host, port)
    server = StudioServer(make_server_config(host), lambda: on_address(address_of(listener)))
    sys.setswitchinterval(SWITCH_S)
    gc.freeze()  # what is loaded stays: sound need not wait for a look through it
    with contextlib.suppress(OSError, AttributeError):  # only some users may
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    with contextlib.suppress(KeyboardInterrupt), listener:
        server.run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """Open a socket at an address.

    Raises
    ------
    ChipgenError
        If that is not possible, with the reason.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ChipgenError(f"{host} is no address of this machine ({error.strerror})") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise ChipgenError(
            f"port {port} of {host} cannot be used ({reason}); name another with --port"
        ) from error
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the address of the page that is served at a socket.

    Examples
    --------
    >>> with listen("127.0.0.1", 0) as listener:
    ...     address_of(listener).startswith("http://127.0.0.1:")
    True
    """
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = socket.gethostname()
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def make_server_config(host: str) -> uvicorn.Config:
    """Return how uvicorn is to serve the studio."""
    return uvicorn.Config(
        make_app(host),
        ws="websockets-sansio",  # what "auto" means varies with versions
        ws_max_size=DOCUMENT_BYTES,
        ws_max_queue=64,
        ws_per_message_deflate=False,  # sound does not shrink, and every message would wait for it
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=CLOSING_S,
        limit_concurrency=200,
    )


class StudioServer(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets=sockets)
        if self.started:
            await asyncio.to_thread(self._on_started)
