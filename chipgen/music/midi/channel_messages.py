"""Groups a file's messages by player: one for each channel of each track with notes."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from chipgen.errors import ChipgenError
from chipgen.music.midi.smf_parser import MAX_EVENTS, META_PORT, MidiEvents, TrackEvents
from chipgen.music.midi.sysex import Reset, parse_sysex

NOTE_OFF, NOTE_ON, CONTROL, PROGRAM, BEND = 0x8, 0x9, 0xB, 0xC, 0xE
CC_BANK, CC_BANK_FINE = 0, 32
CC_DATA, CC_DATA_FINE = 6, 38
CC_VOLUME, CC_EXPRESSION = 7, 11
CC_INCREMENT, CC_DECREMENT = 96, 97
CC_NRPN_FINE, CC_NRPN, CC_RPN_FINE, CC_RPN = 98, 99, 100, 101
CC_ALL_SOUND_OFF, CC_RESET, CC_ALL_NOTES_OFF = 120, 121, 123
_PEDALS: Final = frozenset({64, 66, 67})
_PARAMETER_CONTROLS: Final = frozenset(
    {CC_DATA, CC_DATA_FINE, CC_INCREMENT, CC_DECREMENT}
    | {CC_NRPN_FINE, CC_NRPN, CC_RPN_FINE, CC_RPN}
)
# The effect of a reset of the sound module on each of its channels.
_RESET_CONTROLS: Final = (
    (CC_ALL_SOUND_OFF, 0), (CC_RESET, 0), (CC_VOLUME, 100),
    (CC_RPN, 0), (CC_RPN_FINE, 0), (CC_DATA, 2), (CC_RPN_FINE, 1), (CC_DATA, 64),
    (CC_RPN_FINE, 2), (CC_DATA, 64), (CC_RPN, 127), (CC_RPN_FINE, 127),
)  # fmt: skip

Message: TypeAlias = tuple[int, int, int, int]


@dataclass(slots=True)
class Part:
    """The messages of one channel in one MIDI track.

    Attributes
    ----------
    name, channel, port, end_tick
        Of the MIDI track.
    messages
        ``(tick, status, data1, data2)`` in order of time: its own, and what its channel says
        elsewhere.
    """

    name: str
    channel: int
    port: int
    end_tick: int
    messages: list[Message] = field(default_factory=list)

    @property
    def first_tick(self) -> int:
        """Where its first note begins."""
        return next(message[0] for message in self.messages if is_note_on(message))


def is_note_on(message: Message) -> bool:
    """Return whether a message strikes a note."""
    return message[1] >> 4 == NOTE_ON and message[3] > 0


def split_parts(events: MidiEvents, names: list[str]) -> list[Part]:
    """Split a file's messages into players: one for each channel of each track that has notes.

    A channel's controls may be in a MIDI track of their own; they affect every player of it. What
    a player does not say itself the other players of its channel say for it, as the channel is
    theirs together, unless they are set to different programs: then a sequencer has put every
    player on one channel without meaning it.

    Raises
    ------
    ChipgenError
        If the messages shared by players exceed a limit.
    """
    parts: list[Part] = []
    shared: dict[tuple[int, int], list[Message]] = defaultdict(list)
    for name, track in zip(names, events.tracks, strict=True):
        port = next((d[0] for _, kind, d in track.meta if kind == META_PORT and d), 0)
        by_channel: dict[int, list[Message]] = defaultdict(list)
        for message in track.channel:
            by_channel[message[1] & 0xF].append(message)
        for channel, messages in sorted(by_channel.items()):
            if any(map(is_note_on, messages)):
                parts.append(Part(name, channel, port, track.end_tick, messages))
            else:
                shared[port, channel] += messages
    lent = {} if events.kind == 2 else _lend(parts)
    resets = _resets(events.tracks)
    room = MAX_EVENTS
    for position, part in enumerate(parts):
        others = [
            *((tick, status | part.channel, *data) for tick, status, *data in resets),
            *shared.get((part.port, part.channel), ()),
            *lent.get(position, ()),
        ]
        if others:
            room -= len(others)
            if room < 0:
                raise ChipgenError("has too many tracks on one channel; merge some")
            part.messages = sorted([*others, *part.messages], key=lambda message: message[0])
    return parts


def _lend(parts: list[Part]) -> dict[int, list[Message]]:
    """Return, by position, what players do not say themselves and others of their channel do."""
    together: dict[tuple[int, int], list[int]] = defaultdict(list)
    for position, part in enumerate(parts):
        together[part.port, part.channel].append(position)
    lent: dict[int, list[Message]] = {}
    room = MAX_EVENTS
    for positions in together.values():
        if len(positions) < 2:
            continue
        programs = {m[2] for p in positions for m in parts[p].messages if m[1] >> 4 == PROGRAM}
        if len(programs) > 1:
            continue
        for position in positions:
            own = {_kind(message) for message in parts[position].messages}
            found = [
                message
                for other in positions
                if other != position
                for message in parts[other].messages
                if (kind := _kind(message)) is not None
                and kind not in own
                and (programs or kind in _PEDALS)
            ]
            room -= len(found)
            if room < 0:
                raise ChipgenError("has too many tracks on one channel; merge some")
            lent[position] = found
    return lent


def _kind(message: Message) -> int | None:
    """Return the setting that a message changes: a controller, else the status; None for notes.

    Parameters are one kind: their messages mean nothing apart.
    """
    _, status, number, _ = message
    kind = status >> 4
    if kind in (NOTE_OFF, NOTE_ON):
        return None
    if kind != CONTROL:
        return -kind
    if number >= CC_ALL_SOUND_OFF:
        return None
    return CC_RPN if number in _PARAMETER_CONTROLS else number


def _resets(tracks: tuple[TrackEvents, ...]) -> list[Message]:
    """Return what resets in mid-song say to a channel; at the beginning nothing is set yet."""
    ticks = {
        tick
        for track in tracks
        for tick, data in track.sysex
        if tick > 0 and isinstance(parse_sysex(data), Reset)
    }
    return [
        message
        for tick in sorted(ticks)
        for message in (
            *((tick, CONTROL << 4, number, value) for number, value in _RESET_CONTROLS),
            (tick, PROGRAM << 4, 0, 0),
        )
    ]
