"""Measures a running studio: from button, knob and key to sound, and gaps.

Run as ``python -m benchmarks.studio_latency`` (three minutes); add ``--seconds 0`` to leave the
long run out. A page without a browser plays what the studio streams at the speed of sound, as its
worklet does, in quanta of 128 frames. What a browser, the system and the loudspeaker add is not in
these figures.
"""

import argparse
import asyncio
import contextlib
import json
import re
import statistics
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
from websockets.asyncio.client import ClientConnection, connect

RATE_HZ: Final = 48_000
QUANTUM: Final = 128
ROOM_S: Final = 0.02
ROUNDS: Final = 20
LIMITS_MS: Final = {"button to sound": 500, "knob to sound": 100}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="length of the long run")
    options = parser.parse_args()
    with running_studio() as address:
        asyncio.run(measure(address, options.seconds))


@contextlib.contextmanager
def running_studio() -> Iterator[str]:
    """Run the studio as the command does, and yield its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "chipgen", "studio", "--no-browser", "--port", "0"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        found = re.search(r"http://\S+", process.stderr.readline())
        assert found is not None
        yield found[0]
    finally:
        process.terminate()
        process.wait()


async def measure(address: str, seconds: float) -> None:
    """Print all figures of a studio."""
    with urllib.request.urlopen(address + "api/examples/seed") as answer:
        score = json.load(answer)
    score["markers"].append([0.0, "loopStart"])
    document = {"score": score, "preset": "default"}
    socket = address.replace("http", "ws") + f"ws?rate={RATE_HZ}"
    async with Tab(socket) as tab:
        await tab.send(type="document", document=document)
        await tab.wait(lambda: "voices" in tab.told)
        await tab.send(type="compose", id=0, request={"bars": 1})  # so that the model is loaded
        await tab.wait(lambda: "composed" in tab.told)
        await tab.send(type="document", document=document)
        report("button to sound", [await play_once(tab) for _ in range(ROUNDS)])
        await tab.send(type="play", from_beat=0)
        await asyncio.sleep(1.0)
        knob = [await turn_once(tab, 0.3 + 0.03 * k) for k in range(ROUNDS)]
        report("knob to sound", knob)
        report("preset to sound", [await change_once(tab, k) for k in range(ROUNDS)])
        report("seek to sound", [await seek_once(tab, k) for k in range(ROUNDS)])
        report("key to sound", [await press_once(tab) for _ in range(ROUNDS)])
        report("compose to notes", [await compose_once(tab, k + 1) for k in range(5)])
    if seconds:
        await run_long(socket, document, seconds)


async def run_long(socket: str, document: dict[str, Any], seconds: float) -> None:
    """Play on while another tab composes and knobs are turned, and count the gaps."""
    async with Tab(socket) as tab, Tab(socket) as other:
        await tab.send(type="document", document=document)
        await other.send(type="document", document=document)
        await tab.send(type="play", from_beat=0)
        await tab.wait(lambda: tab.heard > RATE_HZ)
        tab.gaps, began, takes = 0, time.monotonic(), 0
        await other.send(type="compose", id=0, request={"bars": 8, "rng_seed": 0})
        while time.monotonic() - began < seconds:
            await tab.send(type="sound", values={"pulse1_level": 0.5 + 0.5 * (takes % 2)})
            await asyncio.sleep(0.5)
            if "composed" in other.told:
                takes += 1
                other.told.clear()
                await other.send(type="compose", id=takes, request={"bars": 8, "rng_seed": takes})
        print(
            f"{seconds:.0f} s of sound, a knob turned twice a second, another tab composing "
            f"({8 * takes} bars): {tab.gaps} gaps, {1000 * tab.gap_s:.0f} ms in all"
        )


class Tab:
    """A page that plays at the speed of sound, and knows when it plays what."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.told: dict[str, dict[str, Any]] = {}
        self.generation, self.upto = -1, 0
        self.began_at: dict[int, int] = {}
        self.loud_at: int | None = None
        self.heard, self.gaps, self.gap_s = 0.0, 0, 0.0
        self._clock_s = time.monotonic()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Tab":
        """Connect and begin to play."""
        self._socket: ClientConnection = await connect(self._url, max_size=None)
        self._tasks = [asyncio.create_task(self._receive()), asyncio.create_task(self._play())]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._socket.close()

    async def send(self, **message: Any) -> float:
        """Send a message and return when that was."""
        at_s = time.monotonic()
        await self._socket.send(json.dumps(message))
        return at_s

    async def wait(self, is_so: Callable[[], bool], limit_s: float = 120.0) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(limit_s):
            while not is_so():
                await asyncio.sleep(0.001)

    def advance(self) -> float:
        """Play up to now and return the frame that is heard now."""
        now_s = time.monotonic()
        frames = int((now_s - self._clock_s) * RATE_HZ) // QUANTUM * QUANTUM
        self._clock_s += frames / RATE_HZ
        missing = self.heard + frames - self.upto
        if missing > 0 and "playing" in self.told and "stopped" not in self.told:
            self.gaps += 1
            self.gap_s += missing / RATE_HZ
        self.heard = min(self.heard + frames, self.upto)
        return self.heard

    async def heard_from(self, frame: int) -> float:
        """Wait until a frame is heard and return when that was."""
        await self.wait(lambda: self.advance() >= frame)
        return time.monotonic()

    async def _receive(self) -> None:
        async for data in self._socket:
            self.advance()
            if isinstance(data, str):
                message = json.loads(data)
                if message["type"] == "error":
                    raise RuntimeError(message["error"])
                self.told[message["type"]] = message
                continue
            generation, first, n_frames, channels = struct.unpack("<IIII", data[:16])
            if generation > self.generation:
                self.generation = generation
                self.began_at[generation] = first
            if self.loud_at is None:
                mix = np.frombuffer(data[16:], "<f4").reshape(-1, channels)[:, 0]
                loud = np.flatnonzero(np.abs(mix) > 0.01)
                self.loud_at = first + int(loud[0]) if len(loud) else None
            self.upto = first + n_frames

    async def _play(self) -> None:
        while True:
            self.advance()
            await self.send(type="room", frames=int(self.upto - self.heard), upto=self.upto)
            await asyncio.sleep(ROOM_S)


async def play_once(tab: Tab) -> float:
    """Return how long it takes from the button to the first sound."""
    await tab.send(type="stop")
    await tab.wait(lambda: tab.advance() >= tab.upto)
    await asyncio.sleep(0.3)
    tab.told.clear()
    tab.loud_at = None
    at_s = await tab.send(type="play", from_beat=0)
    await tab.wait(lambda: tab.loud_at is not None)
    assert tab.loud_at is not None
    return await tab.heard_from(tab.loud_at) - at_s


async def new_generation(tab: Tab, **message: Any) -> float:
    """Return how long it takes from a message until what it changes is heard."""
    await asyncio.sleep(0.25)
    tab.began_at.clear()
    before = tab.generation
    at_s = await tab.send(**message)
    await tab.wait(lambda: tab.generation > before)
    return await tab.heard_from(min(tab.began_at.values())) - at_s


async def turn_once(tab: Tab, level: float) -> float:
    """Turn a knob."""
    return await new_generation(tab, type="sound", values={"pulse1_level": round(level, 3)})


async def change_once(tab: Tab, number: int) -> float:
    """Choose another preset."""
    return await new_generation(tab, type="sound", preset=("organ", "bright", "soft")[number % 3])


async def seek_once(tab: Tab, number: int) -> float:
    """Seek."""
    return await new_generation(tab, type="seek", beat=1.0 + number)


async def press_once(tab: Tab) -> float:
    """Press a key; its note begins with the next frame of the driver, at most 17 ms later."""
    took = await new_generation(tab, type="key", on=True, note=69, velocity=100, voice="pulse1")
    await tab.send(type="keys_off")
    return took


async def compose_once(tab: Tab, number: int) -> float:
    """Return how long it takes until the first notes of a composing are there."""
    tab.told.clear()
    at_s = await tab.send(type="compose", id=number, request={"bars": 4, "rng_seed": number})
    await tab.wait(lambda: "passage" in tab.told)
    took = time.monotonic() - at_s
    await tab.wait(lambda: "composed" in tab.told)
    return took


def report(name: str, seconds: list[float]) -> None:
    """Print the middle and the worst of some times."""
    limit = LIMITS_MS.get(name)
    aim = "" if limit is None else f", wanted under {limit}"
    print(
        f"{name:18} median {1000 * statistics.median(seconds):4.0f} ms, "
        f"worst {1000 * max(seconds):4.0f} ms of {len(seconds)}{aim}",
        flush=True,
    )


if __name__ == "__main__":
    main()
