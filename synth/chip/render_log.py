"""Renders a whole register log as float32 samples, at once or block by block."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from synth.chip.audio_stream import AudioStream, check_rate
from synth.chip.bandlimit import LATENCY_FRAMES
from synth.chip.register_log import RegisterLog
from synth.chip.render_block import frame_start_cycle
from synth.errors import SynthError


def frame_count(log: RegisterLog, rate_hz: int) -> int:
    """Frames that a log fills: its length, rounded up.

    Raises
    ------
    SynthError
        If the rate is outside 8,000-192,000 Hz.
    """
    check_rate(rate_hz)
    return -(-log.end_cycle * rate_hz // log.region.clock_hz)


def render(
    log: RegisterLog,
    rate_hz: int = 44_100,
    console_filter: str = "nes",
    outputs: str = "mix",
    *,
    click_free: bool = False,
    ultrasonic: str = "silent",
) -> NDArray[np.float32]:
    """Make all samples of a log.

    Parameters
    ----------
    log
        The register writes.
    rate_hz, console_filter, outputs, click_free, ultrasonic
        As for `AudioStream`.

    Returns
    -------
    ndarray
        float32, shape (frame_count(log, rate_hz), channels).

    Raises
    ------
    SynthError
        If a value is outside what `AudioStream` lists.
    """
    log = log.of_chip()
    stream = _stream_for(log, rate_hz, console_filter, outputs, click_free, ultrasonic)
    stream.feed_log(log)
    return stream.read(frame_count(log, rate_hz))


def render_blocks(
    log: RegisterLog,
    rate_hz: int = 44_100,
    console_filter: str = "nes",
    outputs: str = "mix",
    *,
    click_free: bool = False,
    ultrasonic: str = "silent",
    block_frames: int = 65_536,
) -> Iterator[NDArray[np.float32]]:
    """Make the samples of a log block by block; memory does not grow with the song.

    Parameters
    ----------
    log, rate_hz, console_filter, outputs, click_free, ultrasonic
        As for `render`.
    block_frames
        Frames in every block but the last, 1 or more.

    Yields
    ------
    ndarray
        float32, shape (frames, channels).

    Raises
    ------
    SynthError
        If a value is outside what `AudioStream` lists.
    """
    if block_frames < 1:
        raise SynthError(f"block_frames is {block_frames}; it must be 1 or more")
    stream = _stream_for(log, rate_hz, console_filter, outputs, click_free, ultrasonic)
    return _read_blocks(stream, log.of_chip(), block_frames)


def _stream_for(
    log: RegisterLog,
    rate_hz: int,
    console_filter: str,
    outputs: str,
    click_free: bool,
    ultrasonic: str,
) -> AudioStream:
    """Return a stream of the chip that a log was written for, with nothing fed to it yet."""
    return AudioStream(
        log.region, rate_hz, console_filter, outputs,
        click_free=click_free, ultrasonic=ultrasonic, memory=log.memory,
    )  # fmt: skip


def _read_blocks(
    stream: AudioStream, log: RegisterLog, block_frames: int
) -> Iterator[NDArray[np.float32]]:
    """Feed each block the writes that it needs, and read it."""
    total = frame_count(log, stream.rate_hz)
    fed = 0
    for first in range(0, total, block_frames):
        frames = min(block_frames, total - first)
        ahead = first + frames + LATENCY_FRAMES
        until = frame_start_cycle(ahead, stream.rate_hz, log.region.clock_hz)
        upto = int(np.searchsorted(log.cycle, until))
        stream.feed(log.cycle[fed:upto], log.address[fed:upto], log.value[fed:upto])
        fed = upto
        yield stream.read(frames)
