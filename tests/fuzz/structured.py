"""Damages inputs behind their frames: of archives, checksums, markup, and streams of commands.

Each opens the frame, damages what is in it, and closes it again with right lengths and checksums.
"""

import gzip
import io
import json
import random
import re
import struct
import warnings
import zipfile
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree

from synth.formats.vgm_tables import CLOCK_FIELDS, OPERANDS
from tests.fuzz.mutate import (
    BYTES,
    NUMBERS,
    VALUES,
    Mutator,
    mutate_bytes,
    mutate_json,
    mutate_midi,
    mutate_safetensors,
    mutate_text,
)

_MOST_PARTS: Final = 200
# How a part of an archive is damaged, by the end of its name; others change where they stand.
_BY_SUFFIX: Final[dict[str, Mutator]] = {
    ".json": mutate_json, "c.mid": mutate_midi, ".yaml": mutate_text
}  # fmt: skip


def mutate_in_place(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Change bytes and numbers where they stand, so that all else stays in its place."""
    if rng.random() < 0.2 or not data:
        return mutate_bytes(data, others, rng)
    broken = bytearray(data)
    for _ in range(rng.choice((1, 2, 4, 8))):
        at = rng.randrange(min(len(broken), 0x100) if rng.random() < 0.4 else len(broken))
        size = rng.choice((1, 1, 2, 4))
        number = rng.choice((*BYTES, *NUMBERS, rng.randrange(256))) % (1 << 8 * size)
        broken[at : at + size] = number.to_bytes(size, "little")[: len(broken) - at]
    return bytes(broken)


def mutate_xml(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Change texts, attributes and names of elements; double, move and leave them out."""
    if rng.random() < 0.1:
        return mutate_text(data, others, rng)
    tree = ElementTree.fromstring(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        places = [(parent, at) for parent in tree.iter() for at in range(len(parent))]
        if not places:
            break
        parent, at = rng.choice(places)
        node = parent[at]
        value = str(rng.choice((*NUMBERS, *VALUES[6:])))[:300]
        value = "".join(c for c in value if c.isprintable())
        match rng.randrange(7):
            case 0 | 1:
                node.text = value
            case 2 if node.attrib:
                node.set(rng.choice(list(node.attrib)), value)
            case 3:
                parent.remove(node)
            case 4:
                parent[at:at] = [node] * rng.choice((1, 2, 40))
            case 5:
                node.tag = rng.choice(list(tree.iter())).tag
            case _:
                other = rng.choice(list(tree.iter()))
                if all(each is not other for each in node.iter()):
                    other.append(node)
                    parent.remove(node)
    return ElementTree.tostring(tree)[:200_000]


def mutate_fields(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Change values in the lines of a tracker's text, and double, swap and leave out lines."""
    if rng.random() < 0.1:
        return mutate_text(data, others, rng)
    lines = data.split(b"\n")
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(lines))
        values = list(re.finditer(rb'"[^"]*"|(?<=[\s:])[-\w.#]+', lines[at]))
        match rng.randrange(6):
            case 0 | 1 | 2 if values:
                which = rng.choice(values)
                new = str(rng.choice((*NUMBERS, -7, 12, "", "x", "C#4", "...", "FF", "1.5")))
                text = f'"{new}"' if which[0].startswith(b'"') else new
                lines[at] = lines[at][: which.start()] + text.encode() + lines[at][which.end() :]
            case 3:
                lines[at:at] = [lines[at]] * rng.choice((1, 2, 300))
            case 4:
                del lines[at]
                lines = lines or [b""]
            case _:
                other = rng.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
    return b"\n".join(lines)[:200_000]


def mutate_vgm(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Insert commands between a VGM's commands, and change fields of its header."""
    if rng.random() < 0.1 or len(data) < 0x101:
        return mutate_bytes(data, others, rng)
    header = bytearray(data[:0x100])
    if rng.random() < 0.3:
        field = rng.choice((0x04, 0x08, 0x14, 0x18, 0x1C, 0x34, 0x84, 0xBC, *CLOCK_FIELDS))
        struct.pack_into(
            "<I", header, field, rng.choice((*NUMBERS, 1_789_772, 0x171, 0x172)) % 2**32
        )
    begin = 0x34 + struct.unpack_from("<I", data, 0x34)[0]
    commands = _commands(data, max(0x40, min(begin, len(data))))
    for _ in range(rng.choice((1, 2, 4, 12))):
        at = rng.randrange(len(commands) + 1)
        match rng.randrange(4):
            case 0 if commands:
                del commands[min(at, len(commands) - 1)]
            case 1 if commands:
                commands[at:at] = commands[at : at + 8] * rng.choice((1, 20))
            case _:
                commands[at:at] = [_command(rng)]
    return (bytes(header) + data[0x100:begin] + b"".join(commands))[:200_000]


def _commands(data: bytes, at: int) -> list[bytes]:
    """Cut a VGM's data into its commands, and what follows them."""
    found: list[bytes] = []
    while at < len(data) and len(found) < 5_000 and data[at] != 0x66:
        kind = data[at]
        size = 3 if kind in (0xB4, 0x61) else 1 + OPERANDS.get(kind, 0)
        if kind == 0x67:
            size = 7 + int.from_bytes(data[at + 3 : at + 7], "little") % 2**31
        found.append(data[at : at + size])
        at += size
    return [*found, data[at:]]


def _command(rng: random.Random) -> bytes:
    """Return a write, a wait, a block of samples, a stream's command, or another chip's."""
    size = rng.choice((0, 1, 2, 3, 40, 2**31 - 1, 2**31 + 4, 2**32 - 1))
    body = rng.randbytes(size if size < 100 else 4)
    kind = rng.choice((0x90, 0x91, 0x92, 0x93, 0x94, 0x95, rng.choice(list(OPERANDS))))
    operands = bytes(
        rng.choice((0, 0, 1, 7, 0x14, 0x11, 0x83, 0xFF)) for _ in range(OPERANDS[kind])
    )
    return rng.choice(
        (
            bytes((0xB4, rng.choice((0x15, 0x11, 0x10, 0x17, 0x91)), rng.randrange(256))),
            bytes((0x61, rng.randrange(256), rng.randrange(256))),
            bytes((rng.choice((0x62, 0x63, 0x70, 0x7F, 0x80, 0x8F)),)),
            b"\x67\x66" + bytes((rng.choice((0xC2, 0x07, 0x00, 0x40, 0x7F)),))
            + struct.pack("<I", size) + body,
            bytes((kind,)) + operands,
        )
    )  # fmt: skip


def mutate_vgz(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Damage what is packed, and pack it again, perhaps in several members."""
    if rng.random() < 0.1:
        return mutate_bytes(data, others, rng)
    whole = mutate_vgm(gzip.decompress(data), (), rng)
    cut = rng.randrange(len(whole) + 1) if rng.random() < 0.2 else len(whole)
    return b"".join(gzip.compress(part, 1, mtime=0) for part in (whole[:cut], whole[cut:]) if part)


def mutate_zip(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Damage a part of an archive by what it is; its checksum is right again."""
    if rng.random() < 0.1:
        return mutate_bytes(data, others, rng)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()][:_MOST_PARTS]
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(parts))
        name, body = parts[at]
        match rng.randrange(8):
            case 0:
                parts.append((name if rng.random() < 0.3 else f"{name}x", body))
            case 1 if len(parts) > 1:
                del parts[at]
            case 2:
                parts[at] = (rng.choice(parts)[0], body)
            case 3 if b"'shape': (" in body[:128]:
                shape = str(rng.choice((*NUMBERS, -1))).encode()
                parts[at] = (name, re.sub(rb"'shape': \(\d+", b"'shape': (" + shape, body))
            case _:
                damage = _BY_SUFFIX.get(name[-5:], mutate_in_place)
                parts[at] = (name, damage(body, [body], rng))
    packed = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if b"work.json" in data[:64] else zipfile.ZIP_STORED
    with warnings.catch_warnings(), zipfile.ZipFile(packed, "w", kind) as archive:
        warnings.simplefilter("ignore")  # two parts of one name
        for name, body in parts:
            archive.writestr(zipfile.ZipInfo(name), body, kind)
    return packed.getvalue()


def mutate_journal(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Damage what the lines of a batch's journal say, each with its right checksum."""
    from chipgen.app.batch_journal import line_of

    if rng.random() < 0.2:
        return mutate_bytes(data, others, rng)
    lines = [line.partition(b" ")[2] for line in data.splitlines()]
    return "".join(
        line_of((mutate_json(line, (), rng) if rng.random() < 0.7 else line).decode())
        for line in lines
        for _ in range(rng.choice((1, 1, 1, 2)))
    ).encode()[:200_000]


def mutate_slice_cache(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Damage a cache of slices, and write the checksum that it would have."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    from chipgen.dataset.slice_cache import cache_header

    broken = mutate_safetensors(data, others, rng)
    size = int.from_bytes(broken[:8], "little")
    try:
        header = json.loads(broken[8 : 8 + size])
        about = header["__metadata__"]["chipgen-slices"]
        header["__metadata__"] = cache_header(about, load(broken))
    except (SafetensorError, ValueError, KeyError, TypeError):  # it has no checksum
        return broken
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + broken[8 + size :]
