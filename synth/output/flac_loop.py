"""Writes the loop points of a FLAC file into its Vorbis comments."""

from pathlib import Path
from typing import Final

from synth.output.vorbis_comments import Loop, loop_comments, with_comments

FLAC_COMMENT_BLOCK: Final = 4  # RFC 9639, section 8.6


def finish_flac(path: Path, loop: Loop, rate_hz: int) -> None:
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
    body = with_comments(comments[0] if comments else bytes(8), loop_comments(loop))
    blocks = [block for block in blocks if block[0] != FLAC_COMMENT_BLOCK]
    blocks.insert(1, (FLAC_COMMENT_BLOCK, body))  # the first is always STREAMINFO
    head = b"".join(
        bytes([kind | (0x80 if index + 1 == len(blocks) else 0)])
        + len(body).to_bytes(3, "big")
        + body
        for index, (kind, body) in enumerate(blocks)
    )
    path.write_bytes(data[:4] + head + data[at:])
