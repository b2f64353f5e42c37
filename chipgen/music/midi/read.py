"""Reads a MIDI file as a score."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Final

from chipgen.errors import ChipgenError
from chipgen.music.formats import MIDI, read_bytes
from chipgen.music.key_changes import key_change
from chipgen.music.midi import smf_parser as smf
from chipgen.music.midi.beat_search import find_beats
from chipgen.music.midi.channel_messages import CC_EXPRESSION, split_parts
from chipgen.music.midi.conductor import (
    decode_texts,
    key_signatures,
    meta_events,
    meter_map,
    read_markers,
    seconds_at,
    tempo_bpm,
    tempo_map,
    track_name,
)
from chipgen.music.midi.format2 import choose_song
from chipgen.music.midi.hanging_notes import find_absurd_wait, leave_out, trim_dead_air
from chipgen.music.midi.score_assembly import read_tracks
from chipgen.music.midi.tracks import CC_TIMBRE, build_track, play_part
from chipgen.music.nesmdb_dialect import (
    DIALECTS,
    MAX_CHIP_LEVEL,
    MAX_MIDI_LEVEL,
    chip_to_midi_level,
    detect_dialect,
)
from chipgen.music.score import NES_TRACKS, Control, Marker, Meter, Score, Tempo, Track
from synth.chip.voices import EXPRESSION, SCORED, VOICE_BY_ROLE

MAX_LENGTH_S: Final = 6 * 3600.0
MAX_LENGTH_BEATS: Final = 250_000.0
LEVELS_TEXT: Final = "levels 1-127"

_logger = logging.getLogger(__name__)


def read_midi(
    path: Path | str,
    dialect: str = "auto",
    *,
    song: int = 1,
    keep_silence: bool = False,
) -> Score:
    """Read a Standard MIDI File.

    A damaged file gives its readable part, with a warning in the log.

    Parameters
    ----------
    path
        A Standard MIDI File, bare or in RIFF, of at most 50 MB, 6 hours and 2,100,000 events.
    dialect
        ``"auto"``, ``"gm"`` for ordinary MIDI, or ``"nesmdb"`` for the chip's own four voices.
    song
        Which song of a file of format 2, counted from 1.
    keep_silence
        Whether long silence at the end, and a wait longer than all the rest, are kept.

    Returns
    -------
    Score
        Its remarks list what was guessed, repaired or left out.

    Raises
    ------
    ChipgenError
        If there is no such file, or it holds no playable MIDI; the message names the file.
    """
    path = Path(path)
    return score_from_midi(
        read_bytes(path, MIDI),
        name=str(path),
        dialect=dialect,
        song=song,
        keep_silence=keep_silence,
    )


def score_from_midi(
    data: bytes,
    *,
    name: str = "the MIDI file",
    dialect: str = "auto",
    song: int = 1,
    keep_silence: bool = False,
) -> Score:
    """Turn the bytes of a Standard MIDI File into a Score; `name` is used in messages.

    Parameters and errors as in `read_midi`.
    """
    if dialect not in ("auto", *DIALECTS):
        raise ChipgenError(f"dialect {dialect!r} is unknown; use auto, {' or '.join(DIALECTS)}")
    try:
        events = smf.parse_events(data)
        score = _build_score(events, dialect, song, keep_silence=keep_silence)
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


def _build_score(events: smf.MidiEvents, dialect: str, song: int, *, keep_silence: bool) -> Score:
    events, remark = choose_song(events, song)
    remarks = [remark] if remark else []
    decoded = decode_texts(events)
    names = [track_name(track, decoded) for track in events.tracks]
    if dialect == "auto":
        dialect = detect_dialect(names)
    is_chip = dialect == "nesmdb"
    if not (is_chip or keep_silence):
        events = _leave_out_wait(events, remarks)
    beat = events.ticks_per_beat
    tempos, meters = tempo_map(events), meter_map(events)
    end_tick = max(track.end_tick for track in events.tracks)
    if is_chip and len(meters) > 1 and meters[-1][1:] == (1, 1):
        end_tick = meters.pop()[0]  # NES-MDB marks its end so; there is no bar of 1/1
    if is_chip:
        parts = split_parts(events, names)
        tracks = [build_track(part, play_part(part), beat, None) for part in parts]
        tracks = _as_chip_voices(tracks, has_midi_levels=_has_midi_levels(events))
    else:
        tracks = read_tracks(events, names, remarks)
    last_end = max((note.end_beats for track in tracks for note in track.notes), default=0.0)
    keys = key_signatures(events)
    changes = [key_change(tick / beat, key) for tick, key in keys[1:]]
    markers = [Marker(tick / beat, text) for tick, text in read_markers(events, decoded, remarks)]
    score = Score(
        tracks=tuple(tracks),
        tempos=tuple(Tempo(tick / beat, tempo_bpm(tempo_us)) for tick, tempo_us in tempos),
        meters=tuple(Meter(tick / beat, top, bottom) for tick, top, bottom in meters),
        end_beats=max(end_tick / beat, last_end),
        dialect=dialect,
        key=keys[0][1] if keys else "",
        markers=tuple(sorted((*markers, *changes), key=lambda marker: marker.beat)),
    )
    if not (is_chip or keep_silence):
        score = trim_dead_air(score, remarks)
    _check_length(score)
    if not is_chip:
        score = find_beats(score, remarks)
    return replace(score, remarks=tuple(remarks))


def _leave_out_wait(events: smf.MidiEvents, remarks: list[str]) -> smf.MidiEvents:
    """Return a file's events without the one absurd wait in it, if there is one."""
    tempos, meters = tempo_map(events), meter_map(events)

    def bar_ticks(tick: int) -> float:
        top, bottom = [meter[1:] for meter in meters if meter[0] <= tick][-1]
        return events.ticks_per_beat * 4 * top / bottom

    wait = find_absurd_wait(events, lambda ticks: seconds_at(events, tempos, ticks), bar_ticks)
    if wait is None:
        return events
    remarks.append(
        f"no note begins for {wait.seconds:,.0f} s after tick {wait.start_tick:,}, longer than all "
        "the rest; the wait is left out (--keep-silence keeps it)"
    )
    return leave_out(events, wait)


def _check_length(score: Score) -> None:
    if score.duration_s > MAX_LENGTH_S:
        hours = score.duration_s / 3600
        raise ChipgenError(f"lasts {hours:,.1f} hours; at most 6 are allowed, so cut it")
    if score.end_beats > MAX_LENGTH_BEATS:
        raise ChipgenError(
            f"lasts {score.end_beats:,.0f} beats; at most 250,000 are allowed, so cut it"
        )


def _has_midi_levels(events: smf.MidiEvents) -> bool:
    """Whether a file of chip voices has levels of 1–127, as we write them, and not of 1–15."""
    if any(data == LEVELS_TEXT.encode() for _, data in meta_events(events, smf.META_TEXT)):
        return True
    return any(
        (status >> 4 == 0x9 or (status >> 4 == 0xB and first == CC_EXPRESSION))
        and second > MAX_CHIP_LEVEL
        for track in events.tracks
        for _, status, first, second in track.channel
    )


def _as_chip_voices(tracks: list[Track], *, has_midi_levels: bool) -> list[Track]:
    by_channel = {voice.midi_channel: voice.role for voice in SCORED}
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

    full = EXPRESSION not in VOICE_BY_ROLE[role].controls
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
