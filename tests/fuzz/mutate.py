"""Damages inputs in ways that their formats invite.

A mutator takes the bytes of a valid input, others to take parts from, and a random generator, and
returns other bytes. Structured ones keep the frame of a format (lengths, checksums, syntax), so
that the damage reaches what lies behind it.
"""

import json
import random
import re
import struct
from collections.abc import Callable, Sequence
from typing import Any, Final

Mutator = Callable[[bytes, Sequence[bytes], random.Random], bytes]

BYTES: Final = (0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF, 0x40, 0x20, 0x0A)
NUMBERS: Final = (
    0,
    1,
    -1,
    2,
    127,
    128,
    255,
    256,
    0x7FFF,
    0x8000,
    0xFFFF,
    2**31 - 1,
    2**31,
    2**32 - 1,
)
VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 10**9, -(10**9), 10**30, 0.5, -0.0, 1e308, float("nan"),
    float("inf"), "", "x", "²", "\x1b[2J", "a" * 3_000, [], {}, [[]], [0], {"a": 1}, "1e999",
)  # fmt: skip
WORDS: Final = (
    b"\x00", b"\xff\xfe", b"'", b'"', b"[" * 40, b"{", b"}", b"&a *a", b"!!python/none", b"---\n",
    b"2001-99-99", b"9" * 5_000, b"1e999", b".nan", b"-", b":", b"\n", b"\t", b"<<: *x", b"%",
    b"\x1b]0;x\x07", "é²٣\u202e".encode(), b"0", b"-1", b"~", b"|", b">",
)  # fmt: skip


def mutate_bytes(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Turn bits, set bytes and numbers, and copy, move, repeat and cut parts."""
    broken = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3, 6, 12))):
        at = rng.randrange(len(broken) + 1)
        length = rng.choice((1, 2, 4, 16, 64, 300))
        match rng.randrange(9):
            case 0 if at < len(broken):
                broken[at] ^= 1 << rng.randrange(8)
            case 1 if at < len(broken):
                broken[at] = rng.choice(BYTES)
            case 2:
                form = rng.choice(("<H", ">H", "<I", ">I", "<B"))
                size = struct.calcsize(form)
                number = rng.choice(NUMBERS) % (1 << 8 * size)
                broken[at : at + size] = struct.pack(form, number)
            case 3:
                broken[at:at] = broken[at : at + length]
            case 4:
                del broken[at : at + length]
            case 5:
                broken[at:at] = rng.randbytes(length)
            case 6:
                other = rng.choice(others)
                start = rng.randrange(len(other) + 1)
                broken[at:at] = other[start : start + length]
            case 7 if rng.random() < 0.3:
                del broken[at:]
            case 8 if rng.random() < 0.2:
                broken[at:at] = broken[at : at + length] * rng.choice((8, 64))
            case _:
                pass
    return bytes(broken[:200_000])


def mutate_text(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Replace, double, leave out and swap tokens and lines of a text."""
    tokens = re.findall(rb"\s+|\w+|[^\w\s]", data) or [b""]
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        at = rng.randrange(len(tokens))
        match rng.randrange(6):
            case 0:
                tokens[at] = rng.choice(WORDS)
            case 1:
                tokens.insert(at, rng.choice(WORDS))
            case 2:
                tokens[at : at + rng.randrange(6)] = []
                tokens = tokens or [b""]
            case 3:
                tokens[at:at] = tokens[at : at + rng.randrange(12)]
            case 4:
                other = rng.randrange(len(tokens))
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case 5:
                tokens[at] = str(rng.choice((*NUMBERS, 10**12, 0.001, -7.5))).encode()
    text = b"".join(tokens)
    return mutate_bytes(text, others, rng) if rng.random() < 0.15 else text[:200_000]


def mutate_midi(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Damage the events of a MIDI file's tracks, and give the chunks their right lengths again."""
    at = data.find(b"MThd")
    if at < 0 or rng.random() < 0.3:
        return mutate_bytes(data, others, rng)
    chunks = _chunks(data[at:])
    for index, (kind, body) in enumerate(chunks):
        if kind == b"MTrk" and rng.random() < 0.7:
            chunks[index] = (kind, _mutate_events(body, rng))
        elif kind == b"MThd" and rng.random() < 0.2:
            chunks[index] = (kind, mutate_bytes(body, others, rng)[:6].ljust(6, b"\0"))
    if len(chunks) > 1 and rng.random() < 0.2:
        chunks.append(rng.choice(chunks[1:]))
    return data[:at] + b"".join(
        kind + struct.pack(">I", len(body)) + body for kind, body in chunks[:64]
    )


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "big")
        found.append((data[at : at + 4], data[at + 8 : at + 8 + length]))
        at += 8 + length
    return found


def _mutate_events(body: bytes, rng: random.Random) -> bytes:
    """Insert events, and change the bytes of others."""
    broken = bytearray(body)
    for _ in range(rng.choice((1, 2, 4, 8))):
        at = rng.randrange(len(broken) + 1)
        if rng.random() < 0.5:
            broken[at:at] = _event(rng)
        elif at < len(broken):
            broken[at] = rng.choice((*BYTES, rng.randrange(256)))
    return bytes(broken)


def _event(rng: random.Random) -> bytes:
    """Return an event at some time from the last: notes, controls, tempi, meters, text, sysex."""
    after = rng.choice((b"\0", b"\x10", b"\x87\x40", b"\xff\xff\xff\x7f", b"\xff\x7f"))
    channel = rng.randrange(16)
    text = rng.choice(
        (b"loopStart", b"loopEnd", b"p1", b"\x1b[2J", b"chipgen 1 | chipgen generate a | weights a",
         b"\xff\xfe\x00", b"drums")
    )  # fmt: skip
    metas = (
        (0x51, rng.choice((b"\0\0\0", b"\0\0\1", b"\xff\xff\xff", b"\7\xa1\x20", b"\7"))),
        (0x58, rng.choice((b"\0\0\0\0", b"\4\xff\x18\x08", b"\xff\0\0\0", b"\1\x05\0\0", b"\3"))),
        (0x59, rng.choice((b"\x07\0", b"\x80\x02", b"\0"))),
        (0x2F, b""), (rng.choice((1, 2, 3, 6, 0x7F, 0x21, 0x54)), text),
    )  # fmt: skip
    kind, data = rng.choice(metas)
    events = (
        bytes((0x90 | channel, rng.randrange(128), rng.choice((0, 1, 64, 127)))),
        bytes((0x80 | channel, rng.randrange(128), 0)),
        bytes((0xB0 | channel, rng.choice((0, 1, 6, 7, 10, 11, 12, 64, 100, 101, 121, 123)),
               rng.randrange(128))),
        bytes((0xC0 | channel, rng.randrange(128))),
        bytes((0xE0 | channel, rng.randrange(128), rng.randrange(128))),
        bytes((0xFF, kind, len(data))) + data,
        b"\xf0" + bytes((4,)) + rng.choice((b"\x7e\x7f\x09\xf7", b"\x41\x10\x42\xf7", b"\0\0\0\0")),
    )  # fmt: skip
    return after + rng.choice(events)


def mutate_json(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Change values, keys and lengths of lists in a JSON text."""
    if rng.random() < 0.2:
        return mutate_text(data, others, rng)
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return mutate_text(data, others, rng)
    for _ in range(rng.choice((1, 1, 2, 4))):
        tree = mutate_tree(tree, rng)
    return json.dumps(tree).encode()


def mutate_json_lines(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Change values in the lines of JSON, and double, swap and leave out lines."""
    lines = data.split(b"\n")
    for _ in range(rng.choice((1, 1, 2))):
        at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        match rng.randrange(6):
            case 0:
                lines[at:at] = [lines[at]] * rng.choice((1, 40))
            case 1:
                lines[at], lines[other] = lines[other], lines[at]
            case 2 if len(lines) > 1:
                del lines[at]
            case _:
                lines[at] = mutate_json(lines[at], others, rng)
    return b"\n".join(lines)[:200_000]


def mutate_tree(tree: Any, rng: random.Random) -> Any:
    """Change one place of a tree of plain values."""
    places = list(_places(tree))
    if not places:
        return rng.choice(VALUES)
    parent, key = rng.choice(places)
    match rng.randrange(5):
        case 0:
            del parent[key]
        case 1 if isinstance(parent, list):
            parent[key:key] = [parent[key]] * rng.choice((1, 3, 200))
        case 1:
            parent[str(rng.choice(VALUES))[:50]] = parent[key]
        case 2 if isinstance(parent[key], int | float):
            parent[key] = rng.choice((*NUMBERS, parent[key] * 2, parent[key] / 2, -parent[key]))
        case 3:
            other, place = rng.choice(places)
            if not _holds(parent[key], other):
                other[place] = parent[key]
        case _:
            parent[key] = rng.choice(VALUES)
    return tree


def _places(tree: Any) -> Any:
    """Yield every place of a tree as its container and the key there."""
    if isinstance(tree, dict | list):
        for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
            yield tree, key
            yield from _places(tree[key])


def _holds(tree: Any, part: Any) -> bool:
    return tree is part or any(container is part for container, _ in _places(tree))


def mutate_safetensors(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Change the header of a checkpoint or its numbers; its length is right again."""
    size = int.from_bytes(data[:8], "little")
    if rng.random() < 0.2 or size + 8 > len(data):
        return mutate_bytes(data[:4_096], others, rng) + data[4_096:]
    header, body = json.loads(data[8 : 8 + size]), bytearray(data[8 + size :])
    about = header.get("__metadata__", {})
    choice = rng.random()
    if choice < 0.5 and about:
        name = rng.choice(list(about))
        about[name] = mutate_json(about[name].encode(), others, rng).decode("utf-8", "replace")
    elif choice < 0.7:
        header = mutate_tree(header, rng)
    else:
        at = 2 * rng.randrange(max(1, len(body) // 2))
        body[at : at + 4] = rng.choice((b"\0\0\xc0\x7f", b"\0\0\x80\x7f", b"\xff" * 4, bytes(4)))
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body
