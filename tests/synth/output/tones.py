"""Blocks of a tone to write."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.output.audiofile import write_audio
from synth.output.audioformats import default_rate_hz

RATE_HZ = 44_100


LOSSLESS = [(".wav", "16"), (".wav", "24"), (".wav", "float"), (".flac", "16"), (".flac", "24")]


def tone(
    seconds: float = 0.5, rate_hz: int = RATE_HZ, level: float = 0.5, channels: int = 1
) -> NDArray[np.float32]:
    """Return a 440 Hz sine with a little noise, shape (frames, channels)."""
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    noise = np.random.default_rng(1).uniform(-0.01, 0.01, (len(time_s), channels))
    return (level * np.sin(2 * np.pi * 440 * time_s)[:, None] + noise).astype(np.float32)


def cut(samples: NDArray[np.float32], size: int) -> Iterator[NDArray[np.float32]]:
    """Yield the samples in blocks of `size` frames."""
    for start in range(0, len(samples), size):
        yield samples[start : start + size]


ALL = [*LOSSLESS, (".ogg", "16"), (".opus", "16"), (".mp3", "16")]


def write_all(folder: Path, block_frames: int) -> None:
    """Write the same second of sound in every format, cut into blocks of `block_frames`."""
    for suffix, bits in ALL:
        path = folder / f"{bits}{suffix}"
        rate_hz = default_rate_hz(path)
        blocks = cut(tone(1.0, rate_hz), block_frames)
        write_audio(path, blocks, rate_hz, bits=bits, tags={"title": "Tune"}, loop=(10, 2000))
