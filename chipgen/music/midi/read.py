"""A MIDI file to a Score: notes, tempo, bars, controls, whatever dialect it is in."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Final

from chipgen.errors import ChipgenError
from chipgen.music.dialect import (
    DIALECTS,
    MAX_CHIP_LEVEL,
    MAX_MIDI_LEVEL,
    NES_CHANNELS,
    chip_to_midi_level,
    detect_dialect,
)
from chipgen.music.formats import MIDI, read_bytes
from chipgen.music.midi import events as smf
from chipgen.music.midi.tracks import CC_EXPRESSION, CC_TIMBRE, build_track, loop_ticks, split_parts
from chipgen.music.score import NES_TRACKS, Control, Marker, Meter, Score, Tempo, Track

MAX_LENGTH_S: Final = 6 * 3600.0
MAX_LENGTH_BEATS: Final = 250_000.0
LEVELS_TEXT: Final = "levels 1-127"
LOOP_START, LOOP_END = "loopStart", "loopEnd"

_MAX_METER_POWER: Final = 6  # bars of 1/64 notes; more is a damaged event
_DEFAULT_TEMPO_US: Final = 500_000
_MAJOR: Final = ("Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#")
_MINOR: Final = tuple(
    tonic + "m"
    for tonic in ("Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#")
)

_logger = logging.getLogger(__name__)


def read_midi(path: Path | str, dialect: str = "auto") -> Score:
    """Read a Standard MIDI File.

    A damaged file gives what is readable of it, with a warning in the log.

    Parameters
    ----------
    path
        A .mid or .rmi file of at most 50 MB, 6 hours and 2,000,000 events.
    dialect
        ``"auto"``, ``"gm"`` for ordinary MIDI, or ``"nesmdb"`` for the chip's own four voices.

    Raises
    ------
    ChipgenError
        If there is no such file, or it holds no playable MIDI; the message names the file.
    """
    path = Path(path)
    return score_from_midi(read_bytes(path, MIDI), name=str(path), dialect=dialect)


def score_from_midi(data: bytes, *, name: str = "the MIDI file", dialect: str = "auto") -> Score:
    """Turn the bytes of a Standard MIDI File into a Score; `name` stands in messages.

    Parameters and errors as in `read_midi`.
    """
    if dialect not in ("auto", *DIALECTS):
        raise ChipgenError(f"dialect {dialect!r} is unknown; use auto, {' or '.join(DIALECTS)}")
    try:
        events = smf.parse_events(data)
        score = _build_score(events, dialect)
    except ChipgenError as error:
        raise ChipgenError(f"{name} {error}") from None
    damage = [
        f"track {index + 1}: {track.damage}"
        for index, track in enumerate(events.tracks)
        if track.damage
    ]
    if damage:
        if not any(track.notes for track in score.tracks):
            raise ChipgenError(f"{name} is damaged ({damage[0]}) and has no notes that can be read")
        _logger.warning("%s is damaged (%s); what could be read is used", name, damage[0])
    return score


def _build_score(events: smf.MidiEvents, dialect: str) -> Score:
    names = [_track_name(track) for track in events.tracks]
    if dialect == "auto":
        dialect = detect_dialect(names)
    beat = events.ticks_per_beat
    tempos, meters = _tempo_map(events), _meter_map(events)
    end_tick = max(track.end_tick for track in events.tracks)
    if dialect == "nesmdb" and len(meters) > 1 and meters[-1][1:] == (1, 1):
        end_tick = meters.pop()[0]  # NES-MDB marks its end so; there is no bar of 1/1
    _check_length(end_tick / beat, tempos, beat)

    parts = split_parts(events, names)
    tracks = [build_track(part, beat) for part in parts]
    markers = _markers(events)
    loops = [tick for part in parts for tick in loop_ticks(part)]
    if loops and all(text != LOOP_START for _, text in markers):
        markers.append((min(loops), LOOP_START))
    if dialect == "nesmdb":
        tracks = _as_chip_voices(tracks, has_midi_levels=_has_midi_levels(events))
    last_end = max((note.end_beats for track in tracks for note in track.notes), default=0.0)
    return Score(
        tracks=tuple(tracks),
        tempos=tuple(Tempo(tick / beat, _bpm(tempo_us)) for tick, tempo_us in tempos),
        meters=tuple(Meter(tick / beat, top, bottom) for tick, top, bottom in meters),
        end_beats=max(end_tick / beat, last_end),
        dialect=dialect,
        key=_key(events),
        markers=tuple(Marker(tick / beat, text) for tick, text in sorted(markers)),
    )


def _check_length(end_beats: float, tempos: list[tuple[int, int]], beat: float) -> None:
    length_s = 0.0
    for index, (tick, tempo_us) in enumerate(tempos):
        until = tempos[index + 1][0] / beat if index + 1 < len(tempos) else end_beats
        length_s += max(0.0, min(until, end_beats) - tick / beat) * tempo_us / 1e6
    if length_s > MAX_LENGTH_S:
        raise ChipgenError(f"lasts {length_s / 3600:,.1f} hours; at most 6 are allowed, so cut it")
    if end_beats > MAX_LENGTH_BEATS:
        raise ChipgenError(f"lasts {end_beats:,.0f} beats; at most 250,000 are allowed, so cut it")


def _track_name(track: smf.TrackEvents) -> str:
    return next((_text(data) for _, kind, data in track.meta if kind == smf.META_TRACK_NAME), "")


def _text(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return "".join(character for character in text if character.isprintable())


def _tempo_map(events: smf.MidiEvents) -> list[tuple[int, int]]:
    """Return (tick, microseconds a quarter note), the first at tick 0, without repetitions."""
    at: dict[int, int] = {0: _DEFAULT_TEMPO_US}
    if not events.is_smpte:
        for tick, data in _meta(events, smf.META_TEMPO):
            tempo_us = int.from_bytes(data[:3])
            if len(data) >= 3 and tempo_us > 0:
                at[tick] = tempo_us
    tempos: list[tuple[int, int]] = []
    for tick, tempo_us in sorted(at.items()):
        if not tempos or tempos[-1][1] != tempo_us:
            tempos.append((tick, tempo_us))
    return tempos


def _bpm(tempo_us: int) -> float:
    """Return quarter notes a minute, as round as the file's microseconds allow."""
    for digits in range(4):
        bpm = round(60e6 / tempo_us, digits)
        if bpm > 0 and round(60e6 / bpm) == tempo_us:
            return bpm
    return 60e6 / tempo_us


def _meter_map(events: smf.MidiEvents) -> list[tuple[int, int, int]]:
    """Return (tick, numerator, denominator), the first at tick 0, without repetitions."""
    at: dict[int, tuple[int, int]] = {0: (4, 4)}
    for tick, data in _meta(events, smf.META_METER):
        if len(data) >= 2 and data[0] > 0 and data[1] <= _MAX_METER_POWER:
            at[tick] = (data[0], 1 << data[1])
    meters: list[tuple[int, int, int]] = []
    for tick, (top, bottom) in sorted(at.items()):
        if meters and meters[-1][1:] == (top, bottom):
            bar_ticks = events.ticks_per_beat * 4 * top / bottom
            if (tick - meters[-1][0]) % bar_ticks == 0:
                continue  # says again what holds; off the bar line it would begin a new bar
        meters.append((tick, top, bottom))
    return meters


def _key(events: smf.MidiEvents) -> str:
    for _, data in sorted(_meta(events, smf.META_KEY), key=lambda item: item[0]):
        if len(data) >= 2 and data[1] in (0, 1):
            fifths = data[0] - 256 if data[0] > 127 else data[0]
            if -7 <= fifths <= 7:
                return (_MINOR if data[1] else _MAJOR)[fifths + 7]
    return ""


def _markers(events: smf.MidiEvents) -> list[tuple[int, str]]:
    """Return (tick, text); loop points count in whatever kind of text event they are written."""
    markers: list[tuple[int, str]] = []
    loops = {name.lower(): name for name in (LOOP_START, LOOP_END)}
    for kind in (smf.META_MARKER, smf.META_CUE, smf.META_TEXT):
        for tick, data in _meta(events, kind):
            text = _text(data)
            text = loops.get(text.lower(), text)
            if text and (kind == smf.META_MARKER or text in loops.values()):
                markers.append((tick, text))
    return markers


def _has_midi_levels(events: smf.MidiEvents) -> bool:
    """Whether a file of chip voices has levels of 1–127, as we write them, and not of 1–15."""
    if any(_text(data) == LEVELS_TEXT for _, data in _meta(events, smf.META_TEXT)):
        return True
    return any(
        (status >> 4 == 0x9 or (status >> 4 == 0xB and first == CC_EXPRESSION))
        and second > MAX_CHIP_LEVEL
        for track in events.tracks
        for _, status, first, second in track.channel
    )


def _meta(events: smf.MidiEvents, wanted: int) -> list[tuple[int, bytes]]:
    return [
        (tick, data) for track in events.tracks for tick, kind, data in track.meta if kind == wanted
    ]


def _as_chip_voices(tracks: list[Track], *, has_midi_levels: bool) -> list[Track]:
    by_channel = {channel: role for role, channel in NES_CHANNELS.items()}
    voices: list[Track] = []
    for track in tracks:
        role = track.name if track.name in NES_TRACKS else by_channel.get(track.channel, "")
        if not role or any(voice.role == role for voice in voices):
            raise ChipgenError(
                f"is not in NES-MDB's form: track {track.name!r} on channel {track.channel + 1} "
                f"is not one of {' '.join(NES_TRACKS)}; read it as gm"
            )
        voices.append(replace(track if has_midi_levels else _rescale(track, role), role=role))
    return voices


def _rescale(track: Track, role: str) -> Track:
    """Bring levels of 1–15 to 1–127; the triangle has none, so it is at full level.

    NES-MDB writes a timbre down where it changes, and begins at 0: of 779 pulse tracks none says
    0 first. So 0, the thinnest pulse, is put where the file leaves it out.
    """

    def level(value: int) -> int:
        return chip_to_midi_level(min(value, MAX_CHIP_LEVEL))

    full = role == "tr"
    said = any(control.number == CC_TIMBRE and control.beat <= 0 for control in track.controls)
    first = () if full or said else (Control(0.0, CC_TIMBRE, 0),)
    return replace(
        track,
        notes=tuple(
            replace(note, velocity=MAX_MIDI_LEVEL if full else level(note.velocity))
            for note in track.notes
        ),
        controls=(
            *first,
            *(
                replace(control, value=level(control.value))
                if control.number == CC_EXPRESSION
                else control
                for control in track.controls
            ),
        ),
    )
