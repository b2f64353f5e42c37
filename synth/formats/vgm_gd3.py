"""Reads and writes GD3 tags, the titles of a VGM file.

References
----------
The GD3 specification, version 1.00 (vgmrips.net).
"""

import struct
from collections.abc import Callable

from synth.formats.chipfile import Titles, clean_text


def read_gd3(data: bytes, offset: int, warn: Callable[[str], None]) -> Titles:
    """Return the titles in a GD3 tag.

    Parameters
    ----------
    data
        The VGM file.
    offset
        Where the tag begins; 0 if there is none.
    warn
        Receives a warning about a damaged tag, which is left out.
    """
    if not offset:
        return Titles()
    if data[offset : offset + 4] != b"Gd3 " or offset + 12 > len(data):
        warn("its titles (GD3) are damaged and left out")
        return Titles()
    size = int.from_bytes(data[offset + 8 : offset + 12], "little")
    text = data[offset + 12 : offset + 12 + size].decode("utf-16-le", errors="replace")
    words = [*(clean_text(part) for part in text.split("\0")), *[""] * 11]
    # Each name comes in English, then in Japanese; either may be missing.
    title, album, artist = (words[i] or words[i + 1] for i in (0, 2, 6))
    return Titles(title=title, artist=artist, album=album, copyright=words[8])


def gd3_bytes(titles: Titles) -> bytes:
    """Return titles as a GD3 tag."""
    system = "Nintendo Entertainment System"
    texts = (
        titles.title, "", titles.album, "", system, "", titles.artist, "", titles.copyright, "", "",
    )  # fmt: skip
    strings = b"".join(
        text.replace("\0", " ").encode("utf-16-le", errors="replace") + b"\0\0" for text in texts
    )
    return b"Gd3 " + struct.pack("<II", 0x100, len(strings)) + strings
