"""Plays music on a sound device, and lets it be paused, sought, muted and changed."""

import contextlib
import threading
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.playing.live_player import EXACT_WITHIN_S, Block, Player
from synth.chip.audio_stream import HARDWARE, ChipChoices
from synth.chip.register_log import FIRST_ADDRESS, LAST_ADDRESS, RegisterLog
from synth.chip.voices import VOICES

BLOCK_FRAMES: Final = 1024
QUEUE_S: Final = 0.18  # made ahead of the device; less than `Player.rewind` can take back
TURN_S: Final = 0.004
GROWING_END_S: Final = 3.0  # how near the end of growing music may still change
_STATUS: Final = 0x4015


@dataclass(frozen=True, slots=True)
class Tune:
    """What a transport plays.

    Attributes
    ----------
    log, console_filter
        The music, and the output stage it is heard through.
    bars_s
        Where its bars begin, in seconds; empty for music without bars.
    grows
        Whether more of it may come: its last seconds are held back.
    begins_s
        What lies before is forgotten, and cannot be sought.
    chip
        Where the chip may be other than the hardware; the first tune's holds.
    ahead_s
        How much of music that grows must be there before it begins, or goes on after a wait.
    """

    log: RegisterLog
    console_filter: str = "nes"
    bars_s: tuple[float, ...] = ()
    grows: bool = False
    begins_s: float = 0.0
    chip: ChipChoices = HARDWARE
    ahead_s: float = 0.0


class Transport:
    """Plays a tune, and another in its place, for a device that calls `fill`.

    Every method may be called from any thread; changes are heard within `QUEUE_S` and what the
    device holds, each with a crossfade of a few milliseconds.

    Parameters
    ----------
    tune
        The first tune.
    rate_hz
        Sample rate of the device.
    """

    def __init__(self, tune: Tune, rate_hz: int) -> None:
        self.tune = tune
        self.rate_hz = rate_hz
        self.silent: frozenset[str] = frozenset()
        self.latency_s = 0.0  # what the device holds, as far as is known
        self.frames = 0  # that a device has asked for
        self.underruns = 0
        self.waits = 0  # for music that grows, once it has begun
        self.finished = threading.Event()
        self.failure: Exception | None = None
        self._player = Player(rate_hz, chip=tune.chip)
        self._queue: deque[Block] = deque()
        self._rest: Block = np.zeros((0, 1), np.float32)
        self._lock = threading.RLock()
        self._rests_at_s: float | None = None  # where music resumes after a pause
        self._by_hand = False  # whether that pause is the listener's
        self._ended_s = 0.0
        self._muted = tune, self.silent, tune.log
        self._rests_at_s = 0.0
        self._go_on()

    @property
    def paused(self) -> bool:
        """Whether the listener has paused it."""
        return self._by_hand

    @property
    def waiting(self) -> bool:
        """Whether it rests because the music that grows has not come so far yet."""
        return self._rests_at_s is not None and not self._by_hand

    @property
    def position_s(self) -> float:
        """The position of playback, in seconds of the music."""
        with self._lock:
            if self._rests_at_s is not None:
                return self._rests_at_s
            held_s = (self.queued_frames + len(self._rest)) / self.rate_hz
            return max(0.0, self._player.position_s - held_s - self.latency_s)

    @property
    def duration_s(self) -> float:
        """Length of the music, as far as it has come."""
        return self.tune.log.duration_s

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Make sound in a thread while the context lasts, starting with some in advance."""
        closing = threading.Event()
        pump = threading.Thread(target=self._pump, args=(closing,), daemon=True, name="pump")
        pump.start()
        try:
            while self.queued_frames < QUEUE_S * self.rate_hz and not self.finished.is_set():
                time.sleep(TURN_S)
            yield
        finally:
            closing.set()
            pump.join()

    def fill(self, out: NDArray[Any], frames: int, _time: Any = None, status: Any = None) -> None:
        """Give a device its next frames, as PortAudio asks for them."""
        at = 0
        self.frames += frames
        self.underruns += status is not None and bool(status.output_underflow)
        while at < frames:
            if not len(self._rest):
                try:
                    self._rest = self._queue.popleft()
                except IndexError:
                    out[at:] = 0.0
                    self.underruns += not self._ended_s
                    return
            count = min(frames - at, len(self._rest))
            out[at : at + count] = self._rest[:count]  # one channel is heard on all
            self._rest = self._rest[count:]
            at += count

    def pause(self) -> None:
        """Pause, or go on from there."""
        with self._lock:
            if self._by_hand:
                self._by_hand = False
                self._go_on()
            else:
                self._by_hand = True
                self._halt()

    def seek(self, position_s: float) -> None:
        """Go on from another moment, the nearest there is."""
        with self._lock:
            position_s = min(max(position_s, self.tune.begins_s), self._last_s())
            if self._rests_at_s is not None:
                self._rests_at_s = position_s
                if not self._by_hand:
                    self._go_on()
            elif self.tune.grows and position_s >= self._last_s():
                self._halt()
                self._rests_at_s = position_s
            else:
                self._take_back()
                self._start(position_s)

    def seek_bars(self, bars: int) -> None:
        """Go to a bar's beginning: 1 is the next, 0 this one, −1 the one before.

        A bar that has hardly begun counts as the one before, so that going back twice moves on.
        """
        if self.tune.bars_s:
            now = bisect_right(self.tune.bars_s, self.position_s + (0.0 if bars > 0 else -0.4)) - 1
            now = min(max(now + (bars if bars > 0 else bars + 1), 0), len(self.tune.bars_s) - 1)
            self.seek(self.tune.bars_s[now])

    def mute(self, voice: str) -> None:
        """Silence one of the four voices, or let it sound again."""
        with self._lock:
            self.silent = self.silent ^ {voice}
            self._change(self.tune)

    def play(self, tune: Tune) -> None:
        """Play another tune instead, from the same position on.

        Where the new tune is the old one grown, nothing is heard of the change.
        """
        self._change(tune)

    def registers(self) -> list[int]:
        """Return the values of $4000–$4017 at the moment that is heard."""
        log = self._log(self.tune).of_chip()
        upto = int(np.searchsorted(log.cycle, self.position_s * log.region.clock_hz, side="right"))
        standing = np.zeros(LAST_ADDRESS - FIRST_ADDRESS + 1, np.uint8)
        standing[log.address[:upto].astype(np.int64) - FIRST_ADDRESS] = log.value[:upto]
        return [int(value) for value in standing]

    def _change(self, tune: Tune) -> None:
        log = self._log(tune)
        with self._lock:
            reader = self._player.reader
            if (
                reader is not None
                and reader.extend(log)
                and tune.console_filter == reader.console_filter
            ):
                self.tune = tune
                return
            at_s = max(self.position_s, tune.begins_s)
        opened = self._player.open_change(log, tune.console_filter, at_s, loop=False)
        with self._lock:
            self.tune = tune
            if self._rests_at_s is None:
                self._take_back()
                self._player.change(opened)
            elif not self._by_hand:
                self._go_on()

    @property
    def queued_frames(self) -> int:
        """How much is made ahead of the device."""
        return sum(map(len, tuple(self._queue)))

    def _log(self, tune: Tune) -> RegisterLog:
        """Return a tune's log with the voices muted that are silent now; made once for each."""
        known, silent, log = self._muted
        if known is not tune or silent != self.silent:
            log = mute_log(tune.log, self.silent)
            self._muted = tune, self.silent, log
        return log

    def _last_s(self) -> float:
        """Return how far it can be played by now."""
        end_s = self.tune.log.duration_s
        return max(0.0, end_s - GROWING_END_S) if self.tune.grows else end_s

    def _start(self, position_s: float) -> None:
        exact = position_s <= EXACT_WITHIN_S
        reader = self._player.open(
            self._log(self.tune), self.tune.console_filter, position_s, loop=False, exact=exact
        )
        self._rests_at_s = None
        self._ended_s = 0.0
        self._player.start(reader)

    def _halt(self) -> None:
        if self._rests_at_s is None:
            self._take_back()
            self._rests_at_s = self._player.position_s
            self._player.stop()

    def _go_on(self) -> None:
        if self._rests_at_s is None:
            return
        ahead_s = self._last_s() - self._rests_at_s
        if not self.tune.grows or (ahead_s > 0 and ahead_s >= self.tune.ahead_s):
            self._start(self._rests_at_s)

    def _take_back(self) -> None:
        """Take back what the device has not asked for yet."""
        taken: list[Block] = []
        with contextlib.suppress(IndexError):
            while True:
                taken.insert(0, self._queue.pop())
        count = sum(map(len, taken))
        left = count - self._player.rewind(count)
        if left:
            self._queue.append(np.concatenate(taken)[:left])

    def _pump(self, closing: threading.Event) -> None:
        try:
            while not closing.is_set():
                if self.queued_frames >= QUEUE_S * self.rate_hz:
                    time.sleep(TURN_S)
                    continue
                with self._lock:
                    self._make_block()
        except Exception as error:  # the listener reports it; an error in a thread would be lost
            self.failure = error
            self.finished.set()

    def _make_block(self) -> None:
        player, reader = self._player, self._player.reader
        if self.tune.grows and reader is not None and self._rests_at_s is None:
            left = self._last_s() * self.rate_hz - reader.frame
            if left < BLOCK_FRAMES:
                self._halt()
                self.waits += 1
        if self._rests_at_s is None and not player.playing:
            self._ended_s = self._ended_s or time.monotonic()
            waited_s = time.monotonic() - self._ended_s
            if waited_s > self.latency_s + QUEUE_S:
                self.finished.set()
        self._queue.append(player.read(BLOCK_FRAMES))


def mute_log(log: RegisterLog, silent: Collection[str]) -> RegisterLog:
    """Return a log in which voices are switched off in $4015, as the hardware mutes them.

    Examples
    --------
    >>> log = RegisterLog(np.array([0]), np.array([0x4015]), np.array([0x0F]), 10)
    >>> mute_log(log, ["noise"]).value.tolist()
    [7]
    """
    bits = sum(1 << VOICES.index(voice) for voice in silent)
    if not bits:
        return log
    status = (log.address == _STATUS) & (log.chip == 0)
    value = np.where(status, log.value & ~np.uint8(bits), log.value)
    return replace(log, value=value.astype(np.uint8))
