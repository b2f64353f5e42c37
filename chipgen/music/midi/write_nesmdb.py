"""Writes chip voices as a MIDI file in NES-MDB's form."""

import io
from typing import Any, Final

from chipgen.errors import ChipgenError
from chipgen.music.nesmdb_dialect import midi_to_chip_level
from chipgen.music.score import NES_TRACKS, Score, Track
from synth.chip.voices import EXPRESSION, TIMBRE, VOICE_BY_ROLE

# The form of the data set (Donahue, Mao, McAuley, ISMIR 2018): one tick is 1/44,100 s.
_RESOLUTION: Final = 22050
_TEMPO_US: Final = 500_000
_TICKS_HZ: Final = 44_100
_TRIANGLE_VELOCITY: Final = 1


def nesmdb_bytes(score: Score) -> bytes:
    """Return `score` as NES-MDB writes its songs.

    Volumes become 1–15, time becomes ticks of 1/44,100 s, and a meter of 1/1 marks the end. Only
    notes, volumes (CC11) and timbres (CC12) are kept; the form has room for nothing else.

    Raises
    ------
    ChipgenError
        If a track has no role, or a role occurs twice.
    """
    import mido

    roles = [track.role for track in score.tracks]
    if not set(roles) <= set(NES_TRACKS) or len(set(roles)) < len(roles):
        raise ChipgenError(
            f"NES-MDB's form has the voices {' '.join(NES_TRACKS)}, each once; "
            f"these tracks are {' '.join(repr(role) for role in roles)}"
        )
    midi = mido.MidiFile(type=1, ticks_per_beat=_RESOLUTION)
    end_tick = _tick(score, max([score.end_beats, *_ends(score)]))
    midi.tracks.append(
        mido.MidiTrack(
            [
                mido.MetaMessage("set_tempo", tempo=_TEMPO_US),
                mido.MetaMessage("time_signature", numerator=4, denominator=4),
                mido.MetaMessage("time_signature", numerator=1, denominator=1, time=end_tick),
                mido.MetaMessage("end_of_track", time=1),
            ]
        )
    )
    for role in NES_TRACKS:
        track = next((track for track in score.tracks if track.role == role), Track())
        midi.tracks.append(_voice(score, role, track))
    buffer = io.BytesIO()
    midi.save(file=buffer)
    return buffer.getvalue()


def _ends(score: Score) -> list[float]:
    return [note.end_beats for track in score.tracks for note in track.notes]


def _tick(score: Score, beats: float) -> int:
    return round(float(score.beats_to_seconds(beats)) * _TICKS_HZ)


def _voice(score: Score, role: str, track: Track) -> Any:
    import mido

    channel = VOICE_BY_ROLE[role].midi_channel
    has_levels = EXPRESSION in VOICE_BY_ROLE[role].controls
    events: list[tuple[int, int, Any]] = []  # tick, order at it, message
    changed = False  # the form leaves out the timbre 0 that every voice begins with
    for control in track.controls if has_levels else ():
        if control.number in (EXPRESSION, TIMBRE):
            is_volume = control.number == EXPRESSION
            changed |= not is_volume and control.value != 0
            if not (is_volume or changed):
                continue
            value = midi_to_chip_level(control.value) if is_volume else control.value
            message = mido.Message(
                "control_change", channel=channel, control=control.number, value=value
            )
            events.append((_tick(score, control.beat), 1, message))
    for note in track.notes:
        level = max(1, midi_to_chip_level(note.velocity)) if has_levels else _TRIANGLE_VELOCITY
        start, end = _tick(score, note.onset_beats), _tick(score, note.end_beats)
        for tick, order, velocity in ((start, 2, level), (max(end, start + 1), 0, 0)):
            message = mido.Message("note_on", channel=channel, note=note.pitch, velocity=velocity)
            events.append((tick, order, message))
    voice = mido.MidiTrack(
        [
            mido.MetaMessage("track_name", name=role),
            mido.Message(
                "program_change", channel=channel, program=VOICE_BY_ROLE[role].midi_program
            ),
        ]
    )
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        message.time = tick - now
        voice.append(message)
        now = tick
    voice.append(mido.MetaMessage("end_of_track", time=1))
    return voice
