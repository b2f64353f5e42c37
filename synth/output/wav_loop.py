"""Writes the loop points of a WAV into a `smpl` chunk, and zeroes its time stamp."""

import struct
from pathlib import Path
from typing import Final

from synth.errors import SynthError
from synth.output.vorbis_comments import Loop

RIFF_LIMIT_BYTES: Final = 2**32 - 1  # RIFF sizes are 32 bits
MIDDLE_C: Final = 60


def finish_wav(path: Path, loop: Loop, rate_hz: int) -> None:
    """Write a ``smpl`` chunk with the loop, and zero the time stamp of the ``PEAK`` chunk.

    Raises
    ------
    SynthError
        If the file is longer than RIFF's 4 GiB.
    """
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        chunk = b"" if loop is None else _smpl_chunk(loop, rate_hz)
        if size + len(chunk) - 8 > RIFF_LIMIT_BYTES:
            raise SynthError(f"{size} bytes are more than a WAV can hold (4 GiB); write .flac")
        at = 12
        while at + 8 <= size:
            file.seek(at)
            name, length = struct.unpack("<4sI", file.read(8))
            if name == b"PEAK":
                file.seek(at + 12)  # after name, length and version
                file.write(bytes(4))
            at += 8 + length + length % 2
        if chunk:
            file.seek(size)
            file.write(bytes(size % 2) + chunk)
            total = file.tell()
            file.seek(4)
            file.write(struct.pack("<I", total - 8))


def _smpl_chunk(loop: tuple[int, int], rate_hz: int) -> bytes:
    # Multimedia Data Standards Update 1994, "Sample Chunk": maker, product, sample period in ns,
    # unity note and fraction, SMPTE format and offset, number of loops, length of further data;
    # then the loop's id, type (0 forward), first and last frame, fraction, plays (0 endless).
    period_ns = round(1e9 / rate_hz)
    head = struct.pack("<9I", 0, 0, period_ns, MIDDLE_C, 0, 0, 0, 1, 0)
    body = head + struct.pack("<6I", 0, 0, loop[0], loop[1] - 1, 0, 0)
    return b"smpl" + struct.pack("<I", len(body)) + body
