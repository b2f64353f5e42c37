"""Writes loop points into audio files, and removes what differs from run to run."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from synth.errors import SynthError

Loop = tuple[int, int] | None
Finish = Callable[[Path, Loop, int], None]

RIFF_LIMIT_BYTES: Final = 2**32 - 1  # RIFF sizes are 32 bits
MIDDLE_C: Final = 60
FLAC_COMMENT_BLOCK: Final = 4  # RFC 9639, section 8.6
OGG_HEADER: Final = struct.Struct("<4sBBqIIIB")  # RFC 3533, section 6
OGG_CONTINUED, OGG_FIRST = 1, 2
NO_PACKET_ENDS: Final = -1  # granule position of a page on which no packet ends
BIT_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def leave(path: Path, loop: Loop, rate_hz: int) -> None:
    """Leave the file as it is."""
    del path, loop, rate_hz


def wav(path: Path, loop: Loop, rate_hz: int) -> None:
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


def flac(path: Path, loop: Loop, rate_hz: int) -> None:
    """Add LOOPSTART and LOOPLENGTH to the Vorbis comments of a FLAC file."""
    del rate_hz
    if loop is None:
        return
    data = path.read_bytes()
    blocks: list[tuple[int, bytes]] = []
    at, last = 4, False
    while not last:
        last, kind = bool(data[at] & 0x80), data[at] & 0x7F
        length = int.from_bytes(data[at + 1 : at + 4], "big")
        blocks.append((kind, data[at + 4 : at + 4 + length]))
        at += 4 + length
    comments = [body for kind, body in blocks if kind == FLAC_COMMENT_BLOCK]
    body = _with_comments(comments[0] if comments else bytes(8), _loop_comments(loop))
    blocks = [block for block in blocks if block[0] != FLAC_COMMENT_BLOCK]
    blocks.insert(1, (FLAC_COMMENT_BLOCK, body))  # the first is always STREAMINFO
    head = b"".join(
        bytes([kind | (0x80 if index + 1 == len(blocks) else 0)])
        + len(body).to_bytes(3, "big")
        + body
        for index, (kind, body) in enumerate(blocks)
    )
    path.write_bytes(data[:4] + head + data[at:])


def ogg(path: Path, loop: Loop, rate_hz: int) -> None:
    """Add loop comments to Ogg Vorbis or Opus, and number the stream by its content.

    Encoders draw the serial number of a stream at random; here it is the CRC-32 of the sound's
    packets, so that the same sound gives the same file while two sounds may still be chained.
    """
    del rate_hz
    pages = _read_pages(path.read_bytes())
    opus = pages[0].body.startswith(b"OpusHead")
    prefix, suffix, headers = (b"OpusTags", b"", 2) if opus else (b"\x03vorbis", b"\x01", 3)
    count, packets = _leading_packets(pages, headers)
    sound = pages[count:]
    if loop is not None:
        comments = _with_comments(packets[1][len(prefix) :], _loop_comments(loop))
        packets[1] = prefix + comments + suffix
    serial = 0
    for page in sound:
        serial = zlib.crc32(page.body, serial)
    pages = [pages[0], *_lay_out(packets[1:]), *sound]
    path.write_bytes(b"".join(page.to_bytes(serial, number) for number, page in enumerate(pages)))


@dataclass(frozen=True, slots=True)
class _Page:
    flags: int
    granule: int
    lacing: bytes
    body: bytes

    def to_bytes(self, serial: int, number: int) -> bytes:
        def header(crc: int) -> bytes:
            return OGG_HEADER.pack(
                b"OggS", 0, self.flags, self.granule, serial, number, crc, len(self.lacing)
            )

        rest = self.lacing + self.body
        return header(ogg_crc(header(0) + rest)) + rest


def ogg_crc(data: bytes) -> int:
    """Return the checksum of an Ogg page: CRC-32 without reflection, start and end value 0.

    Computed as zlib's reflected CRC of the bit-reversed bytes, which is the same division read
    backwards and a hundred times faster than a loop.

    Examples
    --------
    >>> hex(ogg_crc(b"123456789"))
    '0x89a1897f'
    """
    state = zlib.crc32(data.translate(BIT_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(state.to_bytes(4, "little").translate(BIT_REVERSED), "big")


def _read_pages(data: bytes) -> list[_Page]:
    pages = []
    at = 0
    while at < len(data):
        _, _, flags, granule, _, _, _, segments = OGG_HEADER.unpack_from(data, at)
        at += OGG_HEADER.size
        lacing = data[at : at + segments]
        at += segments
        pages.append(_Page(flags, granule, lacing, data[at : at + sum(lacing)]))
        at += sum(lacing)
    return pages


def _leading_packets(pages: list[_Page], count: int) -> tuple[int, list[bytes]]:
    """Return how many pages the first `count` packets fill, and the packets.

    The sound of both Vorbis and Opus starts on a page of its own.
    """
    packets: list[bytes] = []
    packet = b""
    for number, page in enumerate(pages):
        at = 0
        for length in page.lacing:
            packet += page.body[at : at + length]
            at += length
            if length < 255:
                packets.append(packet)
                packet = b""
        if len(packets) >= count:
            return number + 1, packets
    raise ValueError("the Ogg stream ends within its headers")


def _lay_out(packets: list[bytes]) -> list[_Page]:
    """Cut header packets into pages of at most 255 segments."""
    segments: list[tuple[bytes, bool]] = []  # with whether the packet goes on from the one before
    for packet in packets:
        cuts = range(0, len(packet) + 1, 255)  # a last segment under 255 bytes ends the packet
        segments += [(packet[cut : cut + 255], cut > 0) for cut in cuts]
    pages = []
    for first in range(0, len(segments), 255):
        part = segments[first : first + 255]
        ends = any(len(segment) < 255 for segment, _ in part)
        page = _Page(
            flags=0,
            granule=0 if ends else NO_PACKET_ENDS,
            lacing=bytes(len(segment) for segment, _ in part),
            body=b"".join(segment for segment, _ in part),
        )
        pages.append(replace(page, flags=OGG_CONTINUED) if part[0][1] else page)
    return pages


def _with_comments(body: bytes, added: list[str]) -> bytes:
    """Return a Vorbis comment header with comments added (Vorbis I specification, section 5)."""
    (vendor_length,) = struct.unpack_from("<I", body)
    at = 4 + vendor_length
    vendor = body[4:at]
    (count,) = struct.unpack_from("<I", body, at)
    at += 4
    comments = []
    for _ in range(count):
        (length,) = struct.unpack_from("<I", body, at)
        comments.append(body[at + 4 : at + 4 + length])
        at += 4 + length
    comments += [comment.encode() for comment in added]
    packed = [struct.pack("<I", len(comment)) + comment for comment in comments]
    head = struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(comments))
    return head + b"".join(packed)


def _loop_comments(loop: tuple[int, int]) -> list[str]:
    return [f"LOOPSTART={loop[0]}", f"LOOPLENGTH={loop[1] - loop[0]}"]


def _smpl_chunk(loop: tuple[int, int], rate_hz: int) -> bytes:
    # Multimedia Data Standards Update 1994, "Sample Chunk": maker, product, sample period in ns,
    # unity note and fraction, SMPTE format and offset, number of loops, length of further data;
    # then the loop's id, type (0 forward), first and last frame, fraction, plays (0 endless).
    period_ns = round(1e9 / rate_hz)
    head = struct.pack("<9I", 0, 0, period_ns, MIDDLE_C, 0, 0, 0, 1, 0)
    body = head + struct.pack("<6I", 0, 0, loop[0], loop[1] - 1, 0, 0)
    return b"smpl" + struct.pack("<I", len(body)) + body
