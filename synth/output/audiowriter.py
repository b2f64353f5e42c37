"""Writes blocks of samples to an open audio file, rounds and limits them."""

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from synth.atomic_write import atomic_path
from synth.errors import SynthError
from synth.output.audioformats import AudioFormat, audio_format, encoding, import_soundfile

if TYPE_CHECKING:
    import soundfile

Block = NDArray[np.float32]

CODER_FRAMES: Final = 4096  # coders get the same portions, however the caller cut the blocks
TAGS: Final = ("title", "artist", "album", "date", "copyright", "comment")
ROOM_BYTES: Final = 2**16  # a disk with less left than this is full for an encoder
FULL_SCALE: Final = 1.0 + 1e-6  # what a gain to exactly full scale may round to


@contextlib.contextmanager
def open_audio(
    path: Path,
    rate_hz: int,
    *,
    bits: str = "16",
    overwrite: bool = False,
    gain_db: float = 0.0,
    loop: tuple[int, int] | None = None,
    tags: Mapping[str, str] | None = None,
    file_format: str = "",
) -> Iterator["AudioWriter"]:
    """Open an audio file to be written block by block; the parameters are those of `write_audio`.

    The file appears when the context is left without an error, and not at all otherwise.

    Raises
    ------
    SynthError
        As `write_audio`.
    """
    unknown = sorted(set(tags or {}) - set(TAGS))
    if unknown:
        raise SynthError(f"tag {unknown[0]!r} is unknown; choose one of {', '.join(TAGS)}")
    if not -120 <= gain_db <= 120:
        raise SynthError(f"gain {gain_db:g} dB is out of range; choose -120 to 120")
    row = audio_format(path, file_format)
    subtype = encoding(path, rate_hz, bits, file_format)
    with atomic_path(path, overwrite=overwrite) as temporary, _failures(path):
        writer = AudioWriter(row, temporary, rate_hz, subtype, gain_db, dict(tags or {}))
        try:
            yield writer
            if not writer.frames:
                raise SynthError(f"{path}: there is no sound to write")
            if loop is not None and not 0 <= loop[0] < loop[1] <= writer.frames:
                raise SynthError(
                    f"{path}: loop {loop[0]}-{loop[1]} is not within the "
                    f"{writer.frames} frames of the sound"
                )
            writer.flush()
        finally:
            writer.close()
        row.finish(temporary, loop, rate_hz)


class AudioWriter:
    """What `open_audio` yields.

    Attributes
    ----------
    format
        What the file is written as.
    channels, frames
        What has been written.
    peak
        Largest absolute sample written, gain included.
    clipped_samples
        Samples limited to full scale.
    """

    def __init__(
        self,
        row: AudioFormat,
        temporary: Path,
        rate_hz: int,
        subtype: str,
        gain_db: float,
        tags: Mapping[str, str],
    ) -> None:
        self.format = row
        self._temporary = temporary
        self._rate_hz = rate_hz
        self._subtype = subtype
        self._gain = np.float32(10.0 ** (gain_db / 20.0))
        self._tags = tags
        self._file: soundfile.SoundFile | None = None
        self._waiting: list[Block] = []
        self._waiting_frames = 0
        self.channels = 0
        self.frames = 0
        self.peak = 0.0
        self.clipped_samples = 0

    def write(self, block: Block) -> None:
        """Append a block of shape (frames, channels)."""
        if block.ndim != 2 or (self.channels and block.shape[1] != self.channels):
            raise ValueError(f"blocks need the shape (frames, {self.channels or 'channels'})")
        if not np.isfinite(block).all():
            raise ValueError("sound to be written has samples that are not numbers")
        if not len(block):
            return
        if self._file is None:
            self.channels = block.shape[1]
            self._open()
        scaled = np.asarray(block, dtype=np.float32) * self._gain
        magnitude = np.abs(scaled)
        self.peak = max(self.peak, float(magnitude.max()))
        if self._subtype != "FLOAT":
            self.clipped_samples += int(np.count_nonzero(magnitude > FULL_SCALE))
        self.frames += len(scaled)
        self._waiting.append(scaled)
        self._waiting_frames += len(scaled)
        if self._waiting_frames >= CODER_FRAMES:
            self._encode(self._waiting_frames - self._waiting_frames % CODER_FRAMES)

    def flush(self) -> None:
        """Hand the rest to the encoder."""
        self._encode(self._waiting_frames)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _open(self) -> None:
        # Bytes, where files are named by bytes: a name need not be text in the locale's encoding.
        where = os.fsencode(self._temporary) if os.name == "posix" else str(self._temporary)
        self._file = import_soundfile().SoundFile(
            where,
            "w",
            samplerate=self._rate_hz,
            channels=self.channels,
            format=self.format.container,
            subtype=self._subtype,
            **self.format.settings,
        )
        for name in TAGS:
            if self._tags.get(name):
                setattr(self._file, name, self._tags[name])

    def _encode(self, frames: int) -> None:
        if not frames or self._file is None:
            return
        joined = np.concatenate(self._waiting)
        self._waiting = [joined[frames:]]
        self._waiting_frames = len(joined) - frames
        for start in range(0, frames, CODER_FRAMES):
            portion = joined[start : min(frames, start + CODER_FRAMES)]
            self._file.write(_quantise(portion, self._subtype))


@contextlib.contextmanager
def _failures(path: Path) -> Iterator[None]:
    try:
        yield
    except import_soundfile().SoundFileError as error:
        raise SynthError(f"{path}: cannot be written ({_reason(error, path)})") from error


def _reason(error: Exception, path: Path) -> str:
    # libsndfile says "System error" for anything the system refused; usually the disk is full.
    with contextlib.suppress(OSError):
        if shutil.disk_usage(path.parent).free < ROOM_BYTES:
            return "no space left on the disk"
    said = getattr(error, "strerror", None) or getattr(error, "error_string", None) or str(error)
    if str(said).startswith("System error"):
        return "the system refused it; a quota or a limit on file sizes may be reached"
    return str(said).rstrip(".")


def _quantise(samples: Block, subtype: str) -> NDArray[np.generic]:
    # libsndfile's own conversion rounds downwards, which would shift silence by half a step.
    if subtype == "PCM_16":
        steps = np.clip(np.rint(samples * np.float32(2**15)), -(2**15), 2**15 - 1)
        return np.asarray(steps, dtype=np.int16)
    if subtype == "PCM_24":
        steps = np.clip(np.rint(samples * np.float32(2**23)), -(2**23), 2**23 - 1)
        return np.asarray(steps, dtype=np.int32) << 8
    if subtype == "FLOAT":
        return samples
    return np.clip(samples, -1.0, 1.0)
