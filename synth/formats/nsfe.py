"""Reads and writes NSFe chunks: names, times, order.

References
----------
NESdev wiki: "NSFe", "NSF2" section Metadata.
"""

import struct
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from synth.chip.hardware import NTSC, PAL
from synth.errors import SynthError
from synth.formats.chipfile import Titles, Track, clean_text
from synth.formats.nsf_header import FRAME_US, NsfFile, check_load_address, expansions_of

MAGIC: Final = b"NSFE"
KNOWN_NEEDED: Final = ("INFO", "DATA", "BANK", "RATE", "NSF2", "NEND", "VRC7")
MAX_TRACKS: Final = 256

Chunks = Mapping[str, bytes]


def read_nsfe(data: bytes, name: str) -> tuple[NsfFile, bytes]:
    """Read an NSFe file as an NSF's header and its program.

    Parameters
    ----------
    data
        The whole file.
    name
        What to call it in messages.

    Raises
    ------
    SynthError
        If it is none, is cut short, or needs a chunk that is unknown.
    """
    if not data.startswith(MAGIC):
        raise SynthError(f"{name} is no NSFe file (it does not begin with 'NSFE')")
    chunks = split_chunks(data[len(MAGIC) :], name)
    for needed, least in (("INFO", 9), ("DATA", 1)):
        if len(chunks.get(needed, b"")) < least:
            raise SynthError(f"{name}: the NSFe has no {needed} chunk of {least} bytes or more")
    info = chunks["INFO"]
    load, init, play, region_bits, chip_bits, tracks = struct.unpack_from("<HHHBBB", info)
    ntsc_us, pal_us = FRAME_US["ntsc"], FRAME_US["pal"]
    rate = chunks.get("RATE", b"")
    if len(rate) >= 2:
        ntsc_us = int.from_bytes(rate[:2], "little")
    if len(rate) >= 4:
        pal_us = int.from_bytes(rate[2:4], "little")
    banks = tuple(chunks.get("BANK", b"")[:8].ljust(8, b"\0"))
    expansions = expansions_of(chip_bits)
    check_load_address(load, expansions, banks, name)
    regions = {0: (NTSC,), 1: (PAL,)}.get(region_bits & 3, (NTSC, PAL))
    if chunks.get("regn", b"")[1:2] == b"\1" and len(regions) == 2:
        regions = (PAL, NTSC)
    features = chunks.get("NSF2", b"\0")[0] if chunks.get("NSF2") else 0
    header = NsfFile(
        titles=Titles(),
        tracks=tracks or 1,
        first_track=min(info[9] + 1 if len(info) > 9 else 1, tracks or 1),
        load=load,
        init=init,
        play=play,
        play_us={"ntsc": ntsc_us, "pal": pal_us},
        banks=banks,
        regions=regions,
        chips=("2A03", *expansions),
        version=2 if features else 1,
        features=features,
        kind="NSFe",
    )
    return with_metadata(header, chunks), chunks["DATA"]


def split_chunks(data: bytes, name: str, *, needed: bool = True) -> Chunks:
    """Return the chunks by their names, up to NEND.

    Parameters
    ----------
    data
        The chunks, one after the other.
    name
        What to call the file in messages.
    needed
        Whether chunks in capitals must be understood, and either the end or the program be there.

    Raises
    ------
    SynthError
        If something is missing or unknown, where it is needed.
    """
    chunks: dict[str, bytes] = {}
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "little")
        label = data[at + 4 : at + 8].decode("latin-1")
        if label == "NEND":
            return chunks
        if at + 8 + size > len(data):
            break
        if needed and label[0].isupper() and label not in KNOWN_NEEDED:
            raise SynthError(f"{name} needs the chunk {clean_text(label)!r}, which is not known")
        chunks.setdefault(label, data[at + 8 : at + 8 + size])
        at += 8 + size
    if needed and not {"INFO", "DATA"} <= chunks.keys():  # of what follows those, nothing is needed
        raise SynthError(f"{name}: the NSFe is cut short; it has no NEND chunk")
    return chunks


def with_metadata(header: NsfFile, chunks: Chunks) -> NsfFile:
    """Return a header with the chunks' titles, tracks, times and order."""
    titles = header.titles
    texts = _texts(chunks.get("auth", b""))
    if any(texts):
        texts = [*texts, "", "", ""]
        titles = Titles(title=texts[0], artist=texts[1], copyright=texts[2])
    names, authors = _texts(chunks.get("tlbl", b"")), _texts(chunks.get("taut", b""))
    times, fades = _times(chunks.get("time", b"")), _times(chunks.get("fade", b""))
    tracks = [
        Track(
            number=place + 1,
            title=names[place] if place < len(names) else "",
            artist=authors[place] if place < len(authors) else "",
            length_s=times[place] or None if place < len(times) else None,
            fade_s=fades[place] or 0.0 if place < len(fades) else 0.0,
        )
        for place in range(header.tracks)
    ]
    order = [place for place in chunks.get("plst", b"") if place < len(tracks)]
    return replace(
        header, titles=titles, playlist=tuple(tracks[place] for place in order) or tuple(tracks),
        all_tracks=tuple(tracks),
    )  # fmt: skip


def _texts(chunk: bytes) -> list[str]:
    """Texts that end with a zero byte each; UTF-8, or Latin-1 where they are none."""
    pieces = chunk.split(b"\0")[:MAX_TRACKS]
    texts = []
    for piece in pieces:
        try:
            text = piece.decode("utf-8")
        except UnicodeDecodeError:
            text = piece.decode("latin-1")
        texts.append("" if text in ("<?>", "?") else clean_text(text))
    return texts


def _times(chunk: bytes) -> list[float | None]:
    """Seconds of a list of milliseconds; None where the player is to choose."""
    count = min(len(chunk) // 4, MAX_TRACKS)
    return [ms / 1000 if ms >= 0 else None for ms in struct.unpack_from(f"<{count}i", chunk)]
