"""Keeps the page's queue of sound filled, and takes back what it has not played yet.

Sound is sent `AHEAD_S` ahead of the worklet that plays it, which is enough for a machine that is
busy. What is sent after a change belongs to a new generation, which replaces the frames of the old
one that the worklet has not played; its first block is short, so that the change is heard at once.
"""

import math
import struct
import time
from collections.abc import Awaitable, Callable
from typing import Final

from chipgen.playing.live_player import Player

AHEAD_S: Final = 4.0  # what the page holds; its scopes (audio.js) show no more than 5 s
FIRST_S: Final = 0.35  # of it are sent at once
MARGIN_S: Final = 0.02  # a change begins so far ahead of what is being heard
SHORT_S: Final = 1.5
BLOCK_S: Final = 0.1
MOST_S: Final = 0.25  # of one block after the first
DEAD_S: Final = 2.0  # a page that reports nothing for this long plays nothing
HEADER: Final = struct.Struct("<IIII")  # generation, first frame, frames, channels

SendBytes = Callable[[bytes], Awaitable[None]]


class SoundQueue:
    """The queue between a player and a page's worklet.

    Parameters
    ----------
    player
        Where sound is read from.
    send_bytes
        Sends a block; it waits while the page is slow to take it.

    Attributes
    ----------
    sent
        Frames sent, but for those taken back: the number of the next frame.
    generation
        How many times sound was taken back.
    """

    def __init__(self, player: Player, send_bytes: SendBytes) -> None:
        self._player, self._send_bytes = player, send_bytes
        self.sent = 0
        self.generation = 0
        self._heard_frame = 0
        self._heard_at_s = -math.inf

    @property
    def is_silent(self) -> bool:
        """Whether the page has not reported for long: it plays nothing."""
        return time.monotonic() - self._heard_at_s > DEAD_S

    def report(self, held_frames: int, upto: int | None) -> None:
        """Note how many frames the page holds up to a frame; None is the last one sent."""
        self._heard_frame = (self.sent if upto is None else upto) - held_frames
        self._heard_at_s = time.monotonic()

    def held_frames(self) -> int:
        """Return how many frames the page has not played yet, as far as can be known."""
        if self.is_silent:
            return 0
        since_s = time.monotonic() - self._heard_at_s
        heard = self._heard_frame + since_s * self._player.rate_hz
        return max(0, self.sent - round(heard))

    def missing_frames(self) -> int:
        """Return how many frames to send now: none while less than a block is missing."""
        if self.is_silent:
            return 0
        rate_hz, held = self._player.rate_hz, self.held_frames()
        first, missing = round(FIRST_S * rate_hz) - held, round(AHEAD_S * rate_hz) - held
        if missing < round(BLOCK_S * rate_hz):
            return 0
        return max(first, min(missing, round(MOST_S * rate_hz)))

    @property
    def is_short(self) -> bool:
        """Whether the page holds so little that the next block must not wait."""
        return self.held_frames() < round(SHORT_S * self._player.rate_hz)

    def take_back(self) -> None:
        """Take back what the page has not played, but for a margin, and begin a generation."""
        held = self.held_frames() - round(MARGIN_S * self._player.rate_hz)
        self.sent -= self._player.rewind(max(0, held))
        self.generation += 1

    async def send(self, n_frames: int) -> None:
        """Read frames from the player and send them as one block."""
        await self.send_block(self.read_block(n_frames))

    async def send_block(self, block: bytes) -> None:
        """Send a block that was read."""
        await self._send_bytes(block)

    def read_block(self, n_frames: int) -> bytes:
        """Read frames from the player as one block, which counts as sent from now on."""
        first, generation = self.sent, self.generation
        sound = self._player.read(n_frames)
        self.sent += n_frames
        header = HEADER.pack(generation, first & 0xFFFFFFFF, n_frames, sound.shape[1])
        return header + sound.astype("<f4", copy=False).tobytes()
