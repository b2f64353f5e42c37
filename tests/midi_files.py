"""Builds MIDI files byte by byte, so that tests of the reader do not lean on our own writer."""

import struct
from collections.abc import Iterable

END = b"\x00\xff\x2f\x00"


def variable_length(value: int) -> bytes:
    """Return a number as MIDI's seven bits a byte."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    """Return a chunk; `size` overrides the true length."""
    return name + struct.pack(">L", len(body) if size is None else size) + body


def header(kind: int = 1, tracks: int = 1, division: int = 480) -> bytes:
    """Return the header chunk."""
    return chunk(b"MThd", struct.pack(">HHH", kind, tracks, division))


def track(body: bytes, *, end: bytes = END) -> bytes:
    """Return a track chunk, ended properly unless told otherwise."""
    return chunk(b"MTrk", body + end)


def midi(*bodies: bytes, kind: int = 1, division: int = 480) -> bytes:
    """Return a whole file of the given track bodies."""
    return header(kind, len(bodies), division) + b"".join(track(body) for body in bodies)


def event(delta: int, *data: int) -> bytes:
    """Return an event `delta` ticks after the one before."""
    return variable_length(delta) + bytes(data)


def meta(delta: int, kind: int, data: bytes) -> bytes:
    """Return a meta event."""
    return variable_length(delta) + bytes((0xFF, kind)) + variable_length(len(data)) + data


def note(pitch: int, length: int, *, delta: int = 0, velocity: int = 90, channel: int = 0) -> bytes:
    """Return a note on and its note off."""
    return event(delta, 0x90 | channel, pitch, velocity) + event(length, 0x80 | channel, pitch, 64)


def tempo(delta: int, microseconds: int) -> bytes:
    """Return a tempo in microseconds a quarter note."""
    return meta(delta, 0x51, microseconds.to_bytes(3))


def meter(delta: int, numerator: int, power: int) -> bytes:
    """Return a time signature of numerator / 2^power."""
    return meta(delta, 0x58, bytes((numerator, power, 24, 8)))


def nesmdb(
    voices: Iterable[tuple[str, int, int, bytes]] = (),
    *,
    end_tick: int = 44_100,
) -> bytes:
    """Return a file of the form of NES-MDB: (name, channel, program, events) for each voice.

    22,050 ticks a beat at 120 beats a minute, a conductor track whose meter of 1/1 marks the end.
    """
    conductor = tempo(0, 500_000) + meter(0, 4, 2) + meter(end_tick, 1, 0)
    bodies = [conductor]
    for name, channel, program, events in voices:
        bodies.append(meta(0, 3, name.encode()) + event(0, 0xC0 | channel, program) + events)
    ended = [track(body, end=b"\x01\xff\x2f\x00") for body in bodies]
    return header(1, len(bodies), 22_050) + b"".join(ended)


def nes_note(pitch: int, length: int, *, delta: int = 0, velocity: int, channel: int) -> bytes:
    """Return a note as NES-MDB writes it: a note on of velocity 0 ends it."""
    return event(delta, 0x90 | channel, pitch, velocity) + event(length, 0x90 | channel, pitch, 0)


_NES_P1 = (
    event(0, 0xB0, 12, 2)
    + nes_note(60, 11_025, velocity=15, channel=0)
    + event(0, 0xB0, 11, 7)
    + nes_note(62, 11_025, velocity=8, channel=0)
)
_NES_TR = nes_note(36, 22_050, velocity=1, channel=2)
_NES_NO = event(0, 0xB9, 12, 1) + nes_note(16, 735, velocity=1, channel=9)

NES_VOICES = (
    ("p1", 0, 80, _NES_P1), ("p2", 1, 81, b""), ("tr", 2, 38, _NES_TR), ("no", 9, 121, _NES_NO),
)  # fmt: skip
NES_SONG = nesmdb(NES_VOICES, end_tick=66_150)
