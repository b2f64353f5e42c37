"""Reads files of MIDI format 2, in which every track is a song."""

from dataclasses import replace
from typing import Final

from chipgen.errors import ChipgenError
from chipgen.music.midi.conductor import decode_texts, track_name
from chipgen.music.midi.smf_parser import (
    META_METER,
    META_TEMPO,
    MidiEvents,
    TrackEvents,
    parse_events,
)
from synth.formats.chipfile import Track

_CONDUCTOR: Final = frozenset({META_TEMPO, META_METER})


def choose_song(events: MidiEvents, number: int) -> tuple[MidiEvents, str]:
    """Return the events of one song of a file, and a remark if it is the first of several.

    Parameters
    ----------
    events
        A file's.
    number
        Which song, counted from 1.

    Raises
    ------
    ChipgenError
        If the file has no such song; the message does not name the file.
    """
    songs = _songs(events)
    if number > max(1, len(songs)):
        count = f"{len(songs)} songs" if len(songs) > 1 else "one song"
        raise ChipgenError(f"holds {count}, and track {number} was asked for")
    if len(songs) < 2:
        return events, ""
    others = (
        f"the file holds {len(songs)} songs (MIDI format 2), and the first is read; --track 2 "
        "reads another"
    )
    chosen = _with_tempo(songs[number - 1], songs[0])
    return replace(events, tracks=(chosen,)), others if number == 1 else ""


def list_songs(data: bytes, name: str) -> tuple[Track, ...]:
    """Return the number and name of each song of a file.

    Parameters
    ----------
    data
        The file.
    name
        Name of the file in messages.

    Raises
    ------
    ChipgenError
        If it is no MIDI file.
    """
    try:
        events = parse_events(data)
    except ChipgenError as error:
        raise ChipgenError(f"{name} {error}") from None
    songs = _songs(events)
    if len(songs) < 2:
        return (Track(1),)
    decoded = decode_texts(events)
    return tuple(
        Track(number, title=track_name(song, decoded)) for number, song in enumerate(songs, start=1)
    )


def _songs(events: MidiEvents) -> list[TrackEvents]:
    return [track for track in events.tracks if track.channel] if events.kind == 2 else []


def _with_tempo(song: TrackEvents, first: TrackEvents) -> TrackEvents:
    """Return a song at the first one's tempo and meter where it says none of its own."""
    if any(kind == META_TEMPO for _, kind, _ in song.meta):
        return song
    inherited = [
        (0, kind, data) for tick, kind, data in first.meta if not tick and kind in _CONDUCTOR
    ]
    return replace(song, meta=[*inherited, *song.meta])
