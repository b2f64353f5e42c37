"""Parses a Standard MIDI File into timed events, and recovers damaged files as far as possible.

The file format is described in "Standard MIDI Files 1.0" (RP-001). Libraries stop at the first bad
byte and make an object of every message; a user's half-downloaded file should still play, and ten
thousand notes should not be waited for, so the bytes are taken apart here.
"""

import struct
from dataclasses import dataclass, field
from typing import Final

from chipgen.errors import ChipgenError

MAX_EVENTS: Final = 2_100_000  # a million notes, and what is said of them
MAX_TRACKS: Final = 10_000
MAX_TEXT_BYTES: Final = 1_000
MAX_SYSEX_BYTES: Final = 64  # what chipgen understands is shorter; a bulk dump is not kept

META_TEXT: Final = 0x01
META_TRACK_NAME: Final = 0x03
META_MARKER: Final = 0x06
META_FEATURE: Final = 0x07
META_PORT: Final = 0x21
META_END_OF_TRACK: Final = 0x2F
META_TEMPO: Final = 0x51
META_METER: Final = 0x58
META_KEY: Final = 0x59
_KEPT_META: Final = frozenset(
    {
        META_TEXT,
        META_TRACK_NAME,
        META_MARKER,
        META_FEATURE,
        META_PORT,
        META_TEMPO,
        META_METER,
        META_KEY,
    }
)
# System common messages have no place in a file; where they occur they are stepped over.
_SYSTEM_DATA_BYTES: Final = {0xF1: 1, 0xF2: 2, 0xF3: 1}
# SMPTE divisions, in frames a second; 29 stands for the 30000/1001 of drop-frame time code.
_SMPTE_RATES_HZ: Final = {24: 24.0, 25: 25.0, 29: 30000 / 1001, 30: 30.0}


@dataclass(slots=True)
class TrackEvents:
    """The content of one MTrk chunk.

    Attributes
    ----------
    channel
        ``(tick, status, data1, data2)`` of each channel message; data2 is 0 where there is none.
    meta
        ``(tick, type, data)`` of the meta events that chipgen uses.
    sysex
        ``(tick, data)`` of the short system exclusive messages, without F0 and F7.
    end_tick
        Where the track ends.
    has_end
        Whether it says so itself.
    damage
        What stopped the reading before the track's end; empty if nothing did.
    """

    channel: list[tuple[int, int, int, int]] = field(default_factory=list)
    meta: list[tuple[int, int, bytes]] = field(default_factory=list)
    sysex: list[tuple[int, bytes]] = field(default_factory=list)
    end_tick: int = 0
    has_end: bool = False
    damage: str = ""


@dataclass(frozen=True, slots=True)
class MidiEvents:
    """A Standard MIDI File, taken apart.

    Attributes
    ----------
    ticks_per_beat
        Ticks in a quarter note; with SMPTE time, ticks in half a second.
    is_smpte
        Whether ticks are fractions of a second, so that tempo events mean nothing.
    tracks
        In file order.
    kind
        The file's format: 0 and 1 hold one song, in 2 every track is a song of its own.
    """

    ticks_per_beat: float
    is_smpte: bool
    tracks: tuple[TrackEvents, ...]
    kind: int = 1


def parse_events(data: bytes) -> MidiEvents:
    """Take a Standard MIDI File apart.

    Parameters
    ----------
    data
        The whole file; a RIFF (.rmi) wrapper is looked through.

    Raises
    ------
    ChipgenError
        If `data` is not a MIDI file, is of a kind that cannot be played, or holds more than
        `MAX_EVENTS` events or `MAX_TRACKS` tracks. The message does not name the file;
        the caller does.
    """
    data = _unwrap_riff(data)
    if not data:
        raise ChipgenError("is empty; give a MIDI file")
    if data[:4] != b"MThd":
        raise ChipgenError("is not a MIDI file (it does not begin with MThd)")
    if len(data) < 14:
        raise ChipgenError("is cut short in its header; get the file again")
    header_size, kind, declared, division = struct.unpack(">LHHH", data[4:14])
    if kind > 2:
        raise ChipgenError(f"has MIDI format {kind}; allowed are 0, 1 and 2")
    ticks_per_beat, is_smpte = _ticks_per_beat(division)
    first_track = 8 + max(6, header_size)
    tracks = _parse_tracks(
        data, first_track if data[first_track : first_track + 4] == b"MTrk" else 8
    )
    if not tracks:
        raise ChipgenError("has no tracks; export it again as MIDI format 0 or 1")
    if len(tracks) < declared and not tracks[-1].damage:
        tracks[-1].damage = f"{declared - len(tracks)} of {declared} tracks missing after it"
    return MidiEvents(ticks_per_beat, is_smpte, tuple(tracks), kind)


def _unwrap_riff(data: bytes) -> bytes:
    if data[:4] != b"RIFF" or data[8:12] != b"RMID":
        return data
    position = 12
    while position + 8 <= len(data):
        name, size = struct.unpack("<4sL", data[position : position + 8])
        if name == b"data":
            return data[position + 8 : position + 8 + size]
        position += 8 + size + size % 2
    raise ChipgenError("is a RIFF file without MIDI data in it")


def _ticks_per_beat(division: int) -> tuple[float, bool]:
    if division & 0x8000:
        rate = 256 - (division >> 8)
        ticks = division & 0xFF
        if rate not in _SMPTE_RATES_HZ or ticks == 0:
            raise ChipgenError(
                f"counts time in {ticks} ticks of 1/{rate} s frames; "
                "allowed are 24, 25, 29 and 30 frames of at least one tick"
            )
        return _SMPTE_RATES_HZ[rate] * ticks / 2, True
    if division == 0:
        raise ChipgenError("has 0 ticks a beat; allowed are 1-32767")
    return float(division), False


def _parse_tracks(data: bytes, position: int) -> list[TrackEvents]:
    view = memoryview(data)
    tracks: list[TrackEvents] = []
    budget = MAX_EVENTS
    while (position := _find_track(data, position)) >= 0:
        start = position + 8
        end = start + int.from_bytes(data[position + 4 : start])
        track = TrackEvents()
        used = _parse_track(view[start:end], track, budget)
        if end > len(data) and not track.has_end and not track.damage:
            track.damage = "cut short"
        tracks.append(track)
        if len(tracks) > MAX_TRACKS:
            raise ChipgenError(f"holds more than {MAX_TRACKS:,} tracks; merge some or split it")
        budget -= len(track.channel) + len(track.meta) + len(track.sysex)
        # A declared length is trusted only if it leads to the next track or the end of the file.
        believable = end == len(data) or data[end : end + 4] == b"MTrk"
        position = end if believable else min(start + used, len(data))
    return tracks


def _find_track(data: bytes, position: int) -> int:
    """Return where the next track's chunk begins at or after `position`, or -1."""
    name, size = data[position : position + 4], data[position + 4 : position + 8]
    if name != b"MTrk" and name.isalpha() and len(size) == 4:  # a chunk of another program's
        after = position + 8 + int.from_bytes(size)
        if data[after : after + 4] == b"MTrk":
            return after
    return data.find(b"MTrk", position)


def _parse_track(data: memoryview, track: TrackEvents, budget: int) -> int:
    """Fill `track` from the body of its chunk and return how many bytes of it were used."""
    try:
        return _parse_events(data, track, budget)
    except IndexError:
        track.damage = "cut short in an event"
        return len(data)


def _parse_events(data: memoryview, track: TrackEvents, budget: int) -> int:
    # The hot loop: a plain index into the bytes, no call for an ordinary message. Running past the
    # end raises IndexError, which the caller takes for a truncated track.
    channel_events, meta_events = track.channel, track.meta
    position, size, tick, running = 0, len(data), 0, 0
    for _ in range(budget):
        if position >= size:
            return size
        delta = data[position]
        position += 1
        if delta >= 0x80:
            delta, position = _finish_variable_length(data, position, delta)
            if delta < 0:
                track.damage = "a time of more than four bytes"
                return position
        tick += delta
        track.end_tick = tick
        status = data[position]
        if status >= 0x80:
            position += 1
        elif running:
            status = running
        else:
            track.damage = "a data byte where a message should begin"
            return position
        if status < 0xF0:
            running = status
            first, second = data[position], 0
            position += 1
            if not 0xC0 <= status < 0xE0:  # all but program change and channel pressure
                second = data[position]
                position += 1
            # A data byte above 127 is out of range, not a new message: take the nearest value.
            channel_events.append(
                (tick, status, first if first < 128 else 127, second if second < 128 else 127)
            )
            continue
        if status not in (0xF0, 0xF7, 0xFF):
            position += _SYSTEM_DATA_BYTES.get(status, 0)
            continue
        kind = -1
        if status == 0xFF:
            kind = data[position]
            position += 1
        length = data[position]
        position += 1
        if length >= 0x80:
            length, position = _finish_variable_length(data, position, length)
        if kind == META_END_OF_TRACK:
            track.has_end = True
            return position
        if length < 0 or position + length > size:
            track.damage = "cut short in an event"
            return size
        if status == 0xF0 and length <= MAX_SYSEX_BYTES:
            track.sysex.append((tick, bytes(data[position : position + length]).rstrip(b"\xf7")))
        elif kind in _KEPT_META:
            kept = bytes(data[position : position + min(length, MAX_TEXT_BYTES)])
            meta_events.append((tick, kind, kept))
        position += length
    raise ChipgenError(f"holds more than {MAX_EVENTS:,} events; thin it out or split it")


def _finish_variable_length(data: memoryview, position: int, first: int) -> tuple[int, int]:
    """Return the number whose first byte was `first`, or -1 past four bytes, and where it ends."""
    value = first & 0x7F
    for index in range(position, position + 3):
        byte = data[index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, index + 1
    return -1, position
