"""Joins MPE channels, each of which is a finger of one player.

"MIDI Polyphonic Expression" (M1-100) gives every sounding note a channel of its own, so that it can
be bent by itself. A zone is announced by registered parameter 6 on channel 1 or 16; many files are
without it, and then the notes show it: one MIDI track passes its notes from channel to channel.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from chipgen.music.midi.channel_messages import (
    BEND,
    CC_DATA,
    CC_RPN,
    CC_RPN_FINE,
    CONTROL,
    NOTE_OFF,
    NOTE_ON,
    PROGRAM,
    Message,
    Part,
    is_note_on,
)
from chipgen.music.midi.smf_parser import MidiEvents
from chipgen.music.midi.tracks import DEFAULT_BEND_SEMITONES

MPE_BEND_SEMITONES: Final = 48.0  # of fingers, unless they say otherwise
_ZONE_PARAMETER: Final = (0, 6)
_LEAST_FINGERS: Final = 3
_ROTATES: Final = 0.8  # of successive notes at least are on another channel
_BENDS: Final = 0.6  # of the channels at least are bent


@dataclass(frozen=True, slots=True)
class Zone:
    """A player and its fingers.

    Attributes
    ----------
    fingers
        Positions of their parts; the first stands for the player.
    master
        What is said to the player as a whole: a part without notes; None where nothing is.
    bend_range
        Semitones of the fingers' wheels, unless they say otherwise.
    """

    fingers: tuple[int, ...]
    master: Part | None = None
    bend_range: float = DEFAULT_BEND_SEMITONES


def find_zones(events: MidiEvents, parts: Sequence[Part]) -> list[Zone]:
    """Find the parts that are one player's fingers.

    Parameters
    ----------
    events
        The file's.
    parts
        As `split_parts` returns them.
    """
    announced = _announced(events)
    by_track: defaultdict[int, list[int]] = defaultdict(list)
    for position, track in enumerate(_sources(events)):
        by_track[track].append(position)
    zones: list[Zone] = []
    for track, positions in by_track.items():
        source = track if track in announced else -1
        for master, members in announced.get(source, {}).items():
            fingers = [p for p in positions if parts[p].channel in members]
            if len(fingers) > 1:
                messages = [m for m in events.tracks[track].channel if m[1] & 0xF == master]
                whole = Part("", master, 0, 0, [m for m in messages if not _is_note(m)])
                ranges = [r for p in fingers if (r := _bend_range(parts[p].messages)) is not None]
                bend_range = ranges[0] if ranges else MPE_BEND_SEMITONES
                zones.append(Zone(tuple(fingers), whole, bend_range))
                positions = [p for p in positions if p not in fingers]
        if _are_fingers([parts[p] for p in positions]):
            zones.append(Zone(tuple(positions)))
    return zones


def _sources(events: MidiEvents) -> list[int]:
    """Return the MIDI track of each part, in the order of `split_parts`."""
    return [
        index
        for index, track in enumerate(events.tracks)
        for _ in sorted({message[1] & 0xF for message in track.channel if is_note_on(message)})
    ]


def _announced(events: MidiEvents) -> dict[int, dict[int, frozenset[int]]]:
    """Return the zones that each MIDI track announces: master channel to member channels.

    A track of set-ups without notes announces them for all others; it counts as -1.
    """
    zones: dict[int, dict[int, frozenset[int]]] = {}
    for index, track in enumerate(events.tracks):
        found: dict[int, frozenset[int]] = {}
        for master in (0, 15):
            own = [message for message in track.channel if message[1] & 0xF == master]
            for value in _entries(own, _ZONE_PARAMETER):
                count = min(value, 15)
                first = 1 if master == 0 else 15 - count
                found[master] = frozenset(range(first, first + count))
        if found:
            has_notes = any(map(is_note_on, track.channel))
            zones[index if has_notes else -1] = {m: zone for m, zone in found.items() if zone}
    return zones


def _bend_range(messages: Sequence[Message]) -> float | None:
    """Return the first bend range that is set, None if there is none."""
    return next(map(float, _entries(messages, (0, 0))), None)


def _entries(messages: Sequence[Message], wanted: tuple[int, int]) -> Iterator[int]:
    """Yield the values that a registered parameter is set to, on one channel."""
    parameter = (127, 127)
    for _, status, number, value in messages:
        if status >> 4 != CONTROL:
            continue
        if number == CC_RPN:
            parameter = value, parameter[1]
        elif number == CC_RPN_FINE:
            parameter = parameter[0], value
        elif number == CC_DATA and parameter == wanted:
            yield value


def _is_note(message: Message) -> bool:
    return message[1] >> 4 in (NOTE_OFF, NOTE_ON)


def _are_fingers(parts: Sequence[Part]) -> bool:
    """Return whether parts of one MIDI track pass the notes of one player around."""
    if len(parts) < _LEAST_FINGERS:
        return False
    programs = {m[2] for part in parts for m in part.messages if m[1] >> 4 == PROGRAM}
    bent = sum(any(m[1] >> 4 == BEND for m in part.messages) for part in parts)
    if len(programs) > 1 or bent < _BENDS * len(parts):
        return False
    if any(_plays_chords(part) for part in parts):
        return False
    strikes = sorted(
        (message[0], part.channel)
        for part in parts
        for message in filter(is_note_on, part.messages)
    )
    passed = sum(before[1] != after[1] for before, after in pairwise(strikes))
    return len(strikes) >= 2 * _LEAST_FINGERS and passed >= _ROTATES * (len(strikes) - 1)


def _plays_chords(part: Part) -> bool:
    """Return whether a channel strikes a note while another sounds, more than now and then."""
    sounding: set[int] = set()
    struck, together = 0, 0
    for message in part.messages:
        key = message[2]
        if is_note_on(message):
            struck += 1
            together += bool(sounding)
            sounding.add(key)
        elif _is_note(message):
            sounding.discard(key)
    return together > 0.1 * struck
