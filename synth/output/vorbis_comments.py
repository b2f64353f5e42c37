"""Adds loop points to Vorbis comments, which FLAC, Ogg Vorbis and Opus files have."""

import struct

Loop = tuple[int, int] | None
"""First frame of a loop and the frame after its last; None for none."""


def with_comments(body: bytes, added: list[str]) -> bytes:
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


def loop_comments(loop: tuple[int, int]) -> list[str]:
    """Return the comments that players read a loop from, in frames."""
    return [f"LOOPSTART={loop[0]}", f"LOOPLENGTH={loop[1] - loop[0]}"]
