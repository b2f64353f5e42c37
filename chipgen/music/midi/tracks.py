"""One channel's MIDI messages to a Track: notes, controls and bends in beats."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Final

from chipgen.errors import ChipgenError
from chipgen.music.midi.events import MAX_EVENTS, META_PORT, MidiEvents
from chipgen.music.score import Bend, Control, Note, Track

CC_EXPRESSION: Final = 11
CC_TIMBRE: Final = 12  # of NES-MDB: duty, or the mode of noise
DEFAULT_BEND_SEMITONES: Final = 2.0  # General MIDI level 1
BEND_CENTRE: Final = 8192
BEND_TOP: Final = 16383

_CC_DATA, _CC_DATA_FINE = 6, 38
_CC_NRPN_FINE, _CC_NRPN, _CC_RPN_FINE, _CC_RPN = 98, 99, 100, 101
_CC_LOOP: Final = 111  # RPG Maker's loop start, which many game tools follow
_CC_ALL_SOUND_OFF, _CC_RESET, _CC_ALL_NOTES_OFF = 120, 121, 123
_NO_PARAMETER: Final = (127, 127)
_BEND_RANGE_PARAMETER: Final = (0, 0)  # registered parameter 0 (MIDI 1.0, table 3a)

Message = tuple[int, int, int, int]


@dataclass(slots=True)
class Part:
    """The messages of one channel in one MIDI track."""

    name: str
    channel: int
    port: int
    end_tick: int
    messages: list[Message] = field(default_factory=list)


def split_parts(events: MidiEvents, names: list[str]) -> list[Part]:
    """Split a file's messages into players: one for each channel of each track that has notes.

    A channel's controls may stand in a MIDI track of their own; they reach every player of it.
    """
    parts: list[Part] = []
    shared: dict[tuple[int, int], list[Message]] = defaultdict(list)
    for name, track in zip(names, events.tracks, strict=True):
        port = next((d[0] for _, kind, d in track.meta if kind == META_PORT and d), 0)
        by_channel: dict[int, list[Message]] = defaultdict(list)
        for message in track.channel:
            by_channel[message[1] & 0xF].append(message)
        for channel, messages in sorted(by_channel.items()):
            if any(status >> 4 == 0x9 and second for _, status, _, second in messages):
                parts.append(Part(name, channel, port, track.end_tick, messages))
            else:
                shared[port, channel] += messages
    room = MAX_EVENTS
    for part in parts:
        others = shared.get((part.port, part.channel))
        if others:
            room -= len(others)
            if room < 0:
                raise ChipgenError("has too many tracks on one channel; merge some")
            part.messages = sorted([*others, *part.messages], key=lambda message: message[0])
    return parts


def build_track(part: Part, beat: float) -> Track:
    """Turn a player's messages into a Track; `beat` is the number of ticks in a quarter note."""
    notes = _notes(part)
    controls, bends = _controls(part.messages, beat), _bends(part.messages, beat)
    first_tick = min(tick for tick, _, _, _ in notes)
    programs = [m for m in part.messages if m[1] >> 4 == 0xC]
    in_force = [m[2] for m in programs if m[0] <= first_tick]
    return Track(
        name=part.name,
        channel=part.channel,
        program=in_force[-1] if in_force else 0,
        notes=tuple(
            Note(start / beat, (end - start) / beat, pitch, velocity)
            for start, pitch, end, velocity in sorted(notes)
        ),
        controls=controls,
        bends=bends,
    )


def loop_ticks(part: Part) -> list[int]:
    """Return where controller 111 sets a loop's start."""
    return [
        tick
        for tick, status, number, _ in part.messages
        if status >> 4 == 0xB and number == _CC_LOOP
    ]


def _notes(part: Part) -> list[tuple[int, int, int, int]]:
    """Return (start tick, pitch, end tick, velocity); a note off ends the oldest note of its pitch.

    A note without length, as some drum machines write, lasts one tick. One that is never ended
    lasts until its MIDI track ends.
    """
    notes: list[tuple[int, int, int, int]] = []
    sounding: defaultdict[int, deque[tuple[int, int]]] = defaultdict(deque)
    for tick, status, first, second in part.messages:
        kind = status >> 4
        if kind == 0x9 and second:
            sounding[first].append((tick, second))
        elif kind in (0x8, 0x9):
            if waiting := sounding[first]:
                start, velocity = waiting.popleft()
                notes.append((start, first, max(tick, start + 1), velocity))
        elif kind == 0xB and (first == _CC_ALL_SOUND_OFF or first >= _CC_ALL_NOTES_OFF):
            notes += _end_all(sounding, tick)
    notes += _end_all(sounding, part.end_tick)
    return notes


def _end_all(
    sounding: dict[int, deque[tuple[int, int]]], tick: int
) -> list[tuple[int, int, int, int]]:
    ended = [
        (start, pitch, max(tick, start + 1), velocity)
        for pitch, waiting in sounding.items()
        for start, velocity in waiting
    ]
    sounding.clear()
    return ended


def _controls(messages: list[Message], beat: float) -> tuple[Control, ...]:
    """Return the control changes that say how to play, without those consumed in reading."""
    consumed = {_CC_LOOP, _CC_ALL_SOUND_OFF, _CC_RPN, _CC_RPN_FINE}
    controls: list[Control] = []
    parameter = _NO_PARAMETER
    for tick, status, number, value in messages:
        if status >> 4 != 0xB:
            continue
        parameter = _select_parameter(parameter, number, value)
        is_data = number in (_CC_DATA, _CC_DATA_FINE)
        if (
            number in consumed
            or number >= _CC_ALL_NOTES_OFF
            or (is_data and parameter == _BEND_RANGE_PARAMETER)
        ):
            continue
        controls.append(Control(tick / beat, number, value))
    return tuple(controls)


def _bends(messages: list[Message], beat: float) -> tuple[Bend, ...]:
    """Return the changes of pitch bend in semitones, the range (RPN 0) applied."""
    bends: list[Bend] = []
    parameter = _NO_PARAMETER
    semitones, cents = DEFAULT_BEND_SEMITONES, 0
    position = 0.0
    for tick, status, first, second in messages:
        kind = status >> 4
        if kind == 0xE:
            position = _bend_position(first | second << 7)
        elif kind == 0xB:
            parameter = _select_parameter(parameter, first, second)
            if first == _CC_RESET:
                position = 0.0
            elif parameter == _BEND_RANGE_PARAMETER and first == _CC_DATA:
                semitones, cents = float(second), 0
            elif parameter == _BEND_RANGE_PARAMETER and first == _CC_DATA_FINE:
                cents = second
            else:
                continue
        else:
            continue
        sounding = position * (semitones + cents / 100)
        if sounding != (bends[-1].semitones if bends else 0.0):
            if bends and bends[-1].beat == tick / beat:
                bends.pop()
            bends.append(Bend(tick / beat, sounding))
    return tuple(bends)


def _bend_position(value: int) -> float:
    """Return a bend of 0–16383 as −1 to 1; both ends mean the whole range."""
    if value == BEND_TOP:
        return 1.0
    return (value - BEND_CENTRE) / BEND_CENTRE


def _select_parameter(parameter: tuple[int, int], number: int, value: int) -> tuple[int, int]:
    """Return the registered parameter (coarse, fine) chosen after a control change."""
    if number == _CC_RPN:
        return value, parameter[1]
    if number == _CC_RPN_FINE:
        return parameter[0], value
    if number in (_CC_NRPN, _CC_NRPN_FINE):
        return _NO_PARAMETER
    return parameter
