"""Plays blocks of samples through PortAudio without gaps."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.errors import SynthError, UnknownNameError
from synth.whole_number import parse_whole

Block = NDArray[np.float32]

PORTION_FRAMES: Final = 1024
AHEAD_S: Final = 0.5  # sound rendered ahead of the speakers, against pauses of a busy machine
PATIENCE_S: Final = 5.0  # a device that takes nothing for so long has gone
LATENCY_S: Final = 0.2  # the device's buffer: listening needs no quick response, only no gaps
TICK_S: Final = 0.05

NO_PORTAUDIO: Final = (
    "PortAudio is missing; install it (apt install libportaudio2, brew install portaudio, "
    "dnf install portaudio), or write a file with chipgen render"
)
NO_DEVICE: Final = (
    "no sound device was found; connect one, or start a sound server (PulseAudio, PipeWire; with "
    "ALSA: apt install libasound2-plugins), or write a file with chipgen render"
)


@dataclass(frozen=True, slots=True)
class Device:
    """A sound device that can play.

    Attributes
    ----------
    index
        Its number, which `play` accepts.
    name
        Its name, of which `play` accepts any part that fits no other.
    host
        The system's sound interface that offers it.
    channels
        How many it can play at once.
    rate_hz
        The sample rate it prefers.
    is_default
        Whether it is played when none is named.
    """

    index: int
    name: str
    host: str
    channels: int
    rate_hz: int
    is_default: bool


@dataclass(frozen=True, slots=True)
class Playback:
    """Statistics of playback: frames given to the device, and how often it ran dry."""

    frames: int
    underruns: int


def list_devices() -> tuple[Device, ...]:
    """List the devices that can play; there may be none.

    Raises
    ------
    SynthError
        If PortAudio is missing.
    """
    sounddevice = _sounddevice()
    hosts = sounddevice.query_hostapis()
    try:
        default = sounddevice.query_devices(kind="output")["index"]
    except (sounddevice.PortAudioError, ValueError):
        default = None
    return tuple(
        Device(
            index=entry["index"],
            name=entry["name"],
            host=hosts[entry["hostapi"]]["name"],
            channels=entry["max_output_channels"],
            rate_hz=round(entry["default_samplerate"]),
            is_default=entry["index"] == default,
        )
        for entry in sounddevice.query_devices()
        if entry["max_output_channels"] > 0
    )


def find_device(wanted: int | str | None) -> Device:
    """Find a device by number, by part of its name, or the default for None.

    Raises
    ------
    SynthError
        If none fits, or more than one.
    """
    devices = list_devices()
    if not devices:
        raise SynthError(NO_DEVICE)
    if wanted is None:
        return next((device for device in devices if device.is_default), devices[0])
    number = wanted if isinstance(wanted, int) else parse_whole(wanted)
    if number is not None:
        found = [device for device in devices if device.index == number]
    else:
        name = str(wanted).lower()
        exact = [device for device in devices if device.name.lower() == name]
        found = exact or [device for device in devices if name in device.name.lower()]
    if len(found) == 1:
        return found[0]
    choice = ", ".join(f"{device.index} {device.name}" for device in found or devices)
    problem = "fits more than one" if found else "is none of those that can play"
    raise UnknownNameError(f"sound device {wanted!r} {problem}; choose a number: {choice}")


def play(
    blocks: Iterable[Block],
    rate_hz: int,
    device: int | str | None = None,
    on_position: Callable[[float], None] | None = None,
) -> Playback:
    """Play sound, and return when its last sample has been heard.

    The device pulls from a bounded queue that this thread keeps filled, so a long piece needs no
    more memory than a short one and begins at once.

    Parameters
    ----------
    blocks
        float32 arrays of shape (frames, channels), full scale ±1.
    rate_hz
        Sample rate.
    device
        Number or part of the name; None for the system's default.
    on_position
        Called about every 50 ms with the seconds heard so far.

    Raises
    ------
    SynthError
        If PortAudio or the device is missing, or the device refuses or stops.
    """
    portions = _portions(blocks)
    first = next(portions, None)
    if first is None:
        return Playback(0, 0)
    feed = _Feed(rate_hz)
    sounddevice = _sounddevice()
    target = find_device(device)
    channels = _channels(target, first.shape[1], rate_hz)
    try:
        stream = sounddevice.OutputStream(
            samplerate=rate_hz,
            device=target.index,
            channels=channels,
            dtype="float32",
            latency=LATENCY_S,
            callback=feed.fill,
            finished_callback=feed.finished.set,
        )
    except sounddevice.PortAudioError as error:
        raise SynthError(_refusal(target, rate_hz, error)) from error
    try:
        speaker = _Speaker(stream, feed, rate_hz, on_position)
        speaker.put(first)
        for portion in portions:
            speaker.put(portion)
        speaker.finish()
    finally:
        stream.abort()
        stream.close()
    return Playback(feed.frames, feed.underruns)


@contextlib.contextmanager
def open_output(
    rate_hz: int,
    block_frames: int,
    fill: Callable[[Block, int, Any, Any], None],
    device: int | str | None = None,
    latency_s: float | None = None,
) -> Iterator[Any]:
    """Open a device that asks for sound as it needs it.

    Parameters
    ----------
    rate_hz
        Sample rate.
    block_frames
        Frames that `fill` is asked for at a time.
    fill
        Called from the device's thread, as PortAudio calls: with the block to fill, of shape
        (frames, channels), its frames, times and status.
    device
        Number or part of the name; None for the system's default.
    latency_s
        How much sound it should hold; None for as little as it can.

    Yields
    ------
    sounddevice.OutputStream
        Running; its ``latency`` is in seconds.

    Raises
    ------
    SynthError
        If PortAudio or the device is missing, or the device refuses.
    """
    target = find_device(device)
    sounddevice = _sounddevice()
    channels = _channels(target, 1, rate_hz)
    try:
        with sounddevice.OutputStream(
            samplerate=rate_hz, blocksize=block_frames, device=target.index, channels=channels,
            dtype="float32", latency="low" if latency_s is None else latency_s, callback=fill,
        ) as stream:  # fmt: skip
            yield stream
    except sounddevice.PortAudioError as error:
        raise SynthError(_refusal(target, rate_hz, error)) from error


class _Feed:
    """The queue that the device's thread reads."""

    def __init__(self, rate_hz: int) -> None:
        self.waiting: queue.Queue[Block | None] = queue.Queue(
            max(2, round(AHEAD_S * rate_hz / PORTION_FRAMES))
        )
        self.finished = threading.Event()
        self.frames = 0
        self.underruns = 0
        self.tail_frames = 0
        self._silent_frames = 0
        self._rest: Block = np.zeros((0, 1), np.float32)

    def fill(self, out: Block, frames: int, _time: Any, _status: Any) -> None:
        at = 0
        while at < frames:
            if not len(self._rest):
                try:
                    portion = self.waiting.get_nowait()
                except queue.Empty:
                    out[at:] = 0.0
                    self.underruns += 1
                    return
                if portion is None:
                    self._end(out[at:])
                    return
                self._rest = portion
            count = min(frames - at, len(self._rest))
            out[at : at + count] = self._rest[:count]  # one channel is heard on all
            self._rest = self._rest[count:]
            at += count
            self.frames += count

    def _end(self, out: Block) -> None:
        # Some hosts drop what they still hold when a stream ends, so it ends in silence as long as
        # all of that, and only silence can be dropped.
        out[:] = 0.0
        self.waiting.put_nowait(None)
        self._silent_frames += len(out)
        if self._silent_frames >= self.tail_frames:
            raise _sounddevice().CallbackStop


class _Speaker:
    """Fills the feed from this thread, starts the device and watches that it moves on."""

    def __init__(
        self,
        stream: Any,
        feed: _Feed,
        rate_hz: int,
        on_position: Callable[[float], None] | None,
    ) -> None:
        self._stream = stream
        self._feed = feed
        self._rate_hz = rate_hz
        self._on_position = on_position
        feed.tail_frames = round((stream.latency + TICK_S) * rate_hz)
        self._moved_s = time.monotonic()
        self._moved_frames = 0
        self._told_s = 0.0

    def put(self, portion: Block | None) -> None:
        if self._feed.waiting.full():
            self._start()
        while True:
            try:
                self._feed.waiting.put(portion, timeout=TICK_S)
                break
            except queue.Full:
                self._watch()
        self._tell()

    def finish(self) -> None:
        self.put(None)
        self._start()
        while not self._feed.finished.wait(TICK_S):
            self._watch()
            self._tell()
        if self._on_position is not None:
            self._on_position(self._feed.frames / self._rate_hz)

    def _start(self) -> None:
        if self._stream.active or self._feed.finished.is_set():
            return
        try:
            self._stream.start()
        except _sounddevice().PortAudioError as error:
            raise SynthError(f"the sound device cannot be started ({_reason(error)})") from error
        self._moved_s = time.monotonic()

    def _watch(self) -> None:
        now_s = time.monotonic()
        if self._feed.frames != self._moved_frames:
            self._moved_frames, self._moved_s = self._feed.frames, now_s
        stopped = self._feed.finished.is_set() and not self._feed.waiting.empty()
        waits_for_end = self._feed.waiting.empty()
        if stopped or (now_s - self._moved_s > PATIENCE_S + self._stream.latency * waits_for_end):
            raise SynthError("the sound device stopped taking sound; chipgen devices lists others")

    def _tell(self) -> None:
        now_s = time.monotonic()
        if self._on_position is not None and now_s - self._told_s >= TICK_S:
            self._told_s = now_s
            heard_s = self._feed.frames / self._rate_hz - self._stream.latency
            self._on_position(max(0.0, heard_s))


def _portions(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        for start in range(0, len(block), PORTION_FRAMES):
            yield np.asarray(block[start : start + PORTION_FRAMES], dtype=np.float32)


def _channels(device: Device, wanted: int, rate_hz: int) -> int:
    """Return how many channels to open: those of the sound, or two where one is refused."""
    sounddevice = _sounddevice()
    refusal: Exception | None = None
    for channels in dict.fromkeys((wanted, 2 if wanted == 1 else wanted)):
        try:
            sounddevice.check_output_settings(
                device=device.index, channels=channels, dtype="float32", samplerate=rate_hz
            )
        except sounddevice.PortAudioError as error:
            refusal = refusal or error
        else:
            return channels
    raise SynthError(_refusal(device, rate_hz, refusal)) from refusal


def _refusal(device: Device, rate_hz: int, error: Exception | None) -> str:
    return (
        f"sound device {device.name!r} does not play {rate_hz} Hz ({_reason(error)}); "
        f"try --rate {device.rate_hz}, or another device (chipgen devices)"
    )


def _reason(error: Exception | None) -> str:
    return " ".join(str(error).split())


def _sounddevice() -> Any:
    # Importing it loads and starts PortAudio, which only those who listen need.
    try:
        import sounddevice
    except OSError as error:
        raise SynthError(NO_PORTAUDIO) from error
    return sounddevice
