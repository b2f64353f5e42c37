"""Reads NES-MDB's files: the notes of the four voices.

NES-MDB's MIDI is regular (one tempo, one track a voice), so a hundred lines read it fifty times
faster than a general MIDI library, which matters when 4,905 songs are read to find their rows.
Anything else is read by `chipgen.music.midi`.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.errors import ChipgenError
from chipgen.music.formats import MIDI, read_bytes
from chipgen.rows.voice_notes import TICKS_A_SECOND, VoiceNotes
from synth.kernels import compiled, kernel

_TICKS_A_BEAT: Final = TICKS_A_SECOND // 2  # at 500,000 µs a beat (NES-MDB's README)
_LONGEST_S: Final = 6 * 3600
_LOUDEST, _MOST_TIMBRE = 15, 3  # that the chip knows


def is_nesmdb_file(path: Path) -> bool:
    """Return whether a file is one of NES-MDB's, by its ticks, which are sound samples."""
    with path.open("rb") as stream:
        head = stream.read(14)
    return len(head) == 14 and int.from_bytes(head[12:14], "big") == _TICKS_A_BEAT


def read_voice_notes(path: Path) -> VoiceNotes:
    """Read the notes of one NES-MDB file.

    Raises
    ------
    ChipgenError
        If the file is no MIDI file in NES-MDB's shape.
    """
    data = read_bytes(path, MIDI)
    if data[:4] != b"MThd" or len(data) < 22:
        raise ChipgenError(f"{path} is not a MIDI file: give a .mid file of NES-MDB")
    division = int.from_bytes(data[12:14], "big")
    if division != _TICKS_A_BEAT:
        raise ChipgenError(
            f"{path} has {division} ticks a beat, NES-MDB has {_TICKS_A_BEAT}: "
            "read other MIDI files with chipgen.music.midi"
        )
    buffer = np.frombuffer(data, dtype=np.uint8)
    rows, held = np.empty((len(data) // 3 + 1, 6), dtype=np.int64), np.empty((3, 128), np.int64)
    found = np.zeros(2, dtype=np.int64)
    _scan(buffer, rows, held, found)
    count, length = found.tolist()
    if count < 0:
        raise ChipgenError(f"{path} is cut short or has a broken event: fetch it again")
    if length > _LONGEST_S * TICKS_A_SECOND:
        hours = length / TICKS_A_SECOND / 3600
        raise ChipgenError(f"{path} lasts {hours:,.1f} hours; at most 6 are allowed, so cut it")
    notes = rows[:count]
    order = np.lexsort((notes[:, 3], notes[:, 0], notes[:, 1]))
    notes = notes[order]
    return VoiceNotes(
        voice=notes[:, 0].astype(np.int8),
        start=notes[:, 1].copy(),
        end=notes[:, 2].copy(),
        pitch=notes[:, 3].astype(np.int16),
        volume=np.minimum(notes[:, 4], _LOUDEST).astype(np.int8),
        timbre=np.minimum(notes[:, 5], _MOST_TIMBRE).astype(np.int8),
        length=int(max(length, notes[:, 2].max(initial=0))),
    )


@compiled
def _number(data: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """Read a number of up to four bytes; return it and the place behind it."""
    value = 0
    for _ in range(4):
        if at >= len(data):
            break
        byte = int(data[at])
        at += 1
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            break
    return value, at


@kernel(data="uint8[:]", notes="int64[:,:]", held="int64[:,:]", found="int64[:]")
def _scan(
    data: NDArray[np.uint8],
    notes: NDArray[np.int64],
    held: NDArray[np.int64],
    found: NDArray[np.int64],
) -> None:
    """Walk all tracks; a track named p1, p2, tr or no gives its notes to that voice.

    `found` receives how many notes there are, -1 if the file is broken, and the file's length in
    ticks. `held` is scratch: of each pitch that sounds, when it began, its volume and timbre.
    """
    count = 0
    length = 0
    at = 14
    started, volumes, timbres = held[0], held[1], held[2]
    found[0] = -1
    while at + 8 <= len(data):
        size = (
            (int(data[at + 4]) << 24)
            | (int(data[at + 5]) << 16)
            | (int(data[at + 6]) << 8)
            | int(data[at + 7])
        )
        is_track = data[at] == 77 and data[at + 1] == 84 and data[at + 2] == 114  # "MTr"
        at += 8
        stop = at + size
        if stop > len(data):
            return
        if not is_track:
            at = stop
            continue
        voice = -1
        tick = 0
        status = 0
        timbre = 0
        for pitch in range(128):
            started[pitch] = -1
        while at < stop:
            delta, at = _number(data, at)
            tick += delta
            if at >= stop:
                return
            byte = int(data[at])
            if byte >= 0x80:
                status = byte
                at += 1
            kind = status & 0xF0
            if status == 0xFF:
                if at >= stop:
                    return
                what = int(data[at])
                text, at = _number(data, at + 1)
                if at + text > stop:
                    return
                if what == 3 and text == 2:
                    first, second = int(data[at]), int(data[at + 1])
                    if first == 112 and (second == 49 or second == 50):  # "p1", "p2"
                        voice = second - 49
                    elif first == 116 and second == 114:  # "tr"
                        voice = 2
                    elif first == 110 and second == 111:  # "no"
                        voice = 3
                at += text
            elif status >= 0xF0:
                text, at = _number(data, at)
                at += text
            elif kind == 0xC0 or kind == 0xD0:
                at += 1
            elif kind == 0:
                return
            else:
                if at + 2 > stop:
                    return
                one, two = int(data[at]) & 0x7F, int(data[at + 1]) & 0x7F
                at += 2
                if kind == 0xB0 and one == 12:
                    timbre = two
                elif (kind == 0x90 or kind == 0x80) and voice >= 0:
                    if started[one] >= 0 and tick > started[one]:
                        notes[count, 0] = voice
                        notes[count, 1] = started[one]
                        notes[count, 2] = tick
                        notes[count, 3] = one
                        notes[count, 4] = volumes[one]
                        notes[count, 5] = timbres[one]
                        count += 1
                        started[one] = -1
                    if kind == 0x90 and two > 0:
                        started[one] = tick
                        volumes[one] = two
                        timbres[one] = timbre
        length = max(length, tick)
    found[0], found[1] = count, length
