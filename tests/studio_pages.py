"""A studio that runs beside the tests, and pages that talk to it as the real one does."""

import contextlib
import json
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from fastapi import FastAPI
from numpy.typing import NDArray
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from chipgen.studio.launch import StudioServer, address_of, listen, make_server_config

WAIT_S = 60.0  # the machine that runs the tests may be slow


@dataclass(frozen=True)
class Studio:
    """A running studio: its address and what runs it."""

    address: str
    app: FastAPI

    def page(self, rate_hz: int = 48_000, **options: Any) -> "Page":
        """Open a tab."""
        return Page(self.address.replace("http", "ws") + f"ws?rate={rate_hz}", **options)


@contextlib.contextmanager
def running_studio() -> Iterator[Studio]:
    """Run a studio in a thread, on a port that is free."""
    listener = listen("127.0.0.1", 0)
    config = make_server_config("127.0.0.1")
    started = threading.Event()
    server = StudioServer(config, started.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert started.wait(WAIT_S)
        assert isinstance(config.app, FastAPI)
        yield Studio(address_of(listener), config.app)
    finally:
        server.should_exit = True
        thread.join(WAIT_S)
        listener.close()
    assert not thread.is_alive()


@dataclass
class Page:
    """A tab without a browser: it takes all sound at once and says it has played it.

    With `in_time` it plays at the speed of sound, as a worklet does.
    """

    url: str
    in_time: bool = False
    origin: str | None = None
    texts: list[dict[str, Any]] = field(default_factory=list)
    generation: int = -1
    first_frames: dict[int, int] = field(default_factory=dict)

    def __enter__(self) -> "Page":
        """Connect."""
        self._connection = connect(self.url, max_size=None, close_timeout=1, origin=self.origin)  # type: ignore[arg-type]
        self._socket = self._connection.__enter__()
        self._buffer = np.zeros((1 << 17, 5), np.float32)
        self._frames = 0
        self._position, self._at_s = 0.0, time.monotonic()
        self.dry = 0
        return self

    def __exit__(self, *_: object) -> None:
        """Close the tab."""
        self._connection.__exit__(None, None, None)

    @property
    def sound(self) -> NDArray[np.float32]:
        """What is to be heard so far, by frames of the connection's line."""
        return self._buffer[: self._frames]

    def send(self, **message: Any) -> None:
        """Send a message."""
        self._socket.send(json.dumps(message))

    def send_text(self, text: str) -> None:
        """Send what may be no message."""
        self._socket.send(text)

    def kill(self) -> None:
        """Go away without a word, as a tab that crashes."""
        self._socket.socket.close()

    def until(
        self, kind: str, wanted: Callable[[dict[str, Any]], bool] = lambda _: True
    ) -> dict[str, Any]:
        """Return the next message of a kind; errors on the way are failures unless asked for."""
        end_s = time.monotonic() + WAIT_S
        while time.monotonic() < end_s:
            message = self._next()
            if message is None:
                continue
            if message["type"] == kind and wanted(message):
                return message
            assert message["type"] != "error", message
        raise AssertionError(f"no {kind} within {WAIT_S} s; there were {self.texts[-5:]}")

    def listen_until(self, frames: int, generation: int = 0) -> NDArray[np.float32]:
        """Take sound until the line is so long, in a generation at least, and return all of it."""
        end_s = time.monotonic() + WAIT_S
        while self._frames < frames or self.generation < generation:
            assert time.monotonic() < end_s, f"only {self._frames} of {frames} frames came"
            self._next()
        return self.sound[:frames].copy()

    def listen(self, seconds: float) -> None:
        """Take what comes for some time."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self._next()

    def _next(self) -> dict[str, Any] | None:
        try:
            data = self._socket.recv(timeout=0.01)
        except TimeoutError:
            self._tell_room()
            return None
        except ConnectionClosed as closed:
            raise AssertionError(f"the studio hung up: {closed}") from closed
        if isinstance(data, str):
            message: dict[str, Any] = json.loads(data)
            self.texts.append(message)
            return message
        self._take(data)
        self._tell_room()
        return None

    def _take(self, data: bytes) -> None:
        generation, first, n_frames, channels = struct.unpack("<IIII", data[:16])
        block = np.frombuffer(data[16:], "<f4").reshape(n_frames, channels)
        assert generation >= self.generation, "an older generation came after a newer one"
        assert first <= self._frames, "there is a hole in the line"
        if generation > self.generation:
            self.generation = generation
            self.first_frames[generation] = first
        else:
            assert first == self._frames, "a generation does not go on where it was"
        self._frames = first + n_frames
        if self._frames > len(self._buffer):
            self._buffer = np.concatenate((self._buffer, np.zeros_like(self._buffer)))
        self._buffer[first : self._frames] = block

    def _tell_room(self) -> None:
        upto = self._frames
        now_s = time.monotonic()
        if self.in_time:
            wanted = self._position + (now_s - self._at_s) * 48_000
            self.dry += wanted > upto
            self._position = min(wanted, upto)
        else:
            self._position = upto
        self._at_s = now_s
        self.send(type="room", frames=int(upto - self._position), upto=upto)
