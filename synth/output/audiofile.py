"""Writes blocks of samples as an audio file, the same bytes each time."""

import contextlib
import math
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

import numpy as np

from synth.atomic_write import check_writable
from synth.errors import SynthError
from synth.output.audioformats import encoding
from synth.output.audiowriter import CODER_FRAMES, AudioWriter, Block, open_audio
from synth.output.loudness import check_loudness, measure_lufs


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """Facts of a written file.

    Attributes
    ----------
    path
        The file.
    rate_hz, channels, frames
        Its shape.
    peak_dbfs
        Largest sample after `gain_db`, in decibels of full scale; −inf for silence.
    gain_db
        Gain that was applied, by request or by normalising.
    clipped_samples
        Samples beyond full scale that the format could not hold and that were limited to it; 0 in
        float files, which hold any value.
    lufs
        Integrated loudness, ITU-R BS.1770-4, where it was asked for and the sound lasts 0.4 s.
    loop
        First frame of the loop and the frame after its last, where written into the file.
    """

    path: Path
    rate_hz: int
    channels: int
    frames: int
    peak_dbfs: float
    gain_db: float = 0.0
    clipped_samples: int = 0
    lufs: float | None = None
    loop: tuple[int, int] | None = None

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate_hz

    @classmethod
    def of(
        cls,
        writer: AudioWriter,
        path: Path,
        rate_hz: int,
        gain_db: float = 0.0,
        loop: tuple[int, int] | None = None,
        lufs: float | None = None,
    ) -> "AudioInfo":
        """Sum up what a writer wrote."""
        return cls(
            path=path,
            rate_hz=rate_hz,
            channels=writer.channels,
            frames=writer.frames,
            peak_dbfs=_to_db(writer.peak),
            gain_db=gain_db,
            clipped_samples=writer.clipped_samples,
            lufs=lufs,
            loop=loop if writer.format.keeps_loop else None,
        )


def check_audio(
    path: Path, rate_hz: int, *, bits: str = "16", overwrite: bool, file_format: str = ""
) -> None:
    """Refuse what `write_audio` would refuse, before any long work begins.

    Raises
    ------
    SynthError
        As `write_audio`, where it can be known without the sound.
    """
    encoding(path, rate_hz, bits, file_format)
    check_writable(path, overwrite=overwrite)


def write_audio(
    path: Path,
    blocks: Iterable[Block],
    rate_hz: int,
    *,
    bits: str = "16",
    overwrite: bool = False,
    gain_db: float = 0.0,
    normalize_dbfs: float | None = None,
    loop: tuple[int, int] | None = None,
    tags: Mapping[str, str] | None = None,
    loudness: bool = False,
    file_format: str = "",
) -> AudioInfo:
    """Write sound to a file whose suffix names the format, unless `file_format` does.

    The file appears whole or not at all. The same samples give the same bytes, however they are cut
    into blocks. Blocks are written as they arrive; where normalising or loudness needs all of them
    first, they are kept in a temporary file.

    Parameters
    ----------
    path
        Ends in a suffix of one of `synth.output.audioformats.FORMATS`, where no format is named.
    blocks
        float32 arrays of shape (frames, channels), full scale ±1.
    rate_hz
        Sample rate.
    bits
        ``"16"``, ``"24"`` or ``"float"``, as the format allows; lossy formats have no such choice
        and leave it out of account. Samples are rounded to the nearest step, without dither, so
        that silence stays silent.
    overwrite
        Whether an existing file may be replaced.
    gain_db
        Gain applied to every sample, −120 to 120.
    normalize_dbfs
        If given, the gain is chosen so that the peak reaches this level, −120 to 0. Silence stays
        silence.
    loop
        First frame of the loop and the frame after its last, written where players read them: a
        ``smpl`` chunk in WAV, LOOPSTART and LOOPLENGTH comments in FLAC, Vorbis and Opus. MP3 pads
        its ends and cannot loop to the sample; there it is left out.
    tags
        Texts by `TAGS`.
    loudness
        Whether to measure integrated loudness.
    file_format
        Key of one of these formats.

    Raises
    ------
    SynthError
        If the suffix, rate, bits, level or loop is not possible, there is no sound, the file
        cannot be written, or what measures loudness is not installed.
    """
    if normalize_dbfs is not None and not -120 <= normalize_dbfs <= 0:
        raise SynthError(f"normalize to {normalize_dbfs:g} dBFS is not possible; choose -120 to 0")
    check_audio(path, rate_hz, bits=bits, overwrite=overwrite, file_format=file_format)
    if loudness:
        check_loudness()
    lufs: float | None = None
    with contextlib.ExitStack() as stack:
        if normalize_dbfs is not None or loudness:
            waiting = stack.enter_context(_Spool(blocks))
            if normalize_dbfs is not None and waiting.peak > 0:
                gain_db = normalize_dbfs - _to_db(waiting.peak)
            if loudness:
                lufs = measure_lufs(waiting.samples(), rate_hz, gain_db=gain_db)
            blocks = waiting
        writer = stack.enter_context(
            open_audio(
                path,
                rate_hz,
                bits=bits,
                overwrite=overwrite,
                gain_db=gain_db,
                loop=loop,
                tags=tags,
                file_format=file_format,
            )
        )
        for block in blocks:
            writer.write(block)
    return AudioInfo.of(writer, path, rate_hz, gain_db, loop, lufs)


class _Spool:
    """Blocks kept in a temporary file, to be gone through more than once."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed in __exit__)
        self._channels = 1
        self.peak = 0.0
        try:
            for block in blocks:
                self._channels = block.shape[1]
                if len(block):
                    self.peak = max(self.peak, float(np.abs(block).max()))
                self._file.write(np.ascontiguousarray(block, dtype=np.float32).tobytes())
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[Block]:
        self._file.seek(0)
        size = 4 * self._channels * CODER_FRAMES
        while data := self._file.read(size):
            yield np.frombuffer(data, dtype=np.float32).reshape(-1, self._channels)

    def samples(self) -> Block:
        self._file.seek(0)
        return np.frombuffer(self._file.read(), dtype=np.float32).reshape(-1, self._channels)


def _to_db(ratio: float) -> float:
    return 20.0 * math.log10(ratio) if ratio > 0 else -math.inf
