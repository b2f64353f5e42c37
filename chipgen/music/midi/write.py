"""Writes a score as a MIDI file."""

import io
import math
from collections import defaultdict
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.errors import ChipgenError
from chipgen.music.key_changes import changed_key
from chipgen.music.midi.channels import channels_of
from chipgen.music.midi.loop_marks import CC_LOOP, LOOP_END, LOOP_MARKS, LOOP_START
from chipgen.music.midi.read import LEVELS_TEXT
from chipgen.music.midi.tracks import BEND_CENTRE, BEND_TOP, DEFAULT_BEND_SEMITONES
from chipgen.music.score import Score, Track
from chipgen.printable import printable

_COMMON_RESOLUTIONS: Final = (480, 960)  # what editors use, tried in this order
_NESMDB_RESOLUTION: Final = 22050
_MAX_RESOLUTION: Final = 32767  # fifteen bits in the header
_FALLBACK_RESOLUTION: Final = 30720  # 64 × 480, for music that is on no grid
_MAX_DELTA_TICKS: Final = 0x0FFFFFFF  # four bytes of seven bits
_GRID_TOLERANCE_TICKS: Final = 1e-4
_MAX_TEMPO_US: Final = 0xFFFFFF
_MAX_BEND_SEMITONES: Final = 127

# Order of events at one tick: ends, then what shapes the sound, then beginnings.
_ENDS, _SETS, _BEGINS = 0, 1, 2

_Timed = tuple[int, int, Any]  # tick, order, mido message (mido has no types)


def midi_bytes(score: Score, *, comment: str = "", loop_marks: str = "markers") -> bytes:
    """Return `score` as a Standard MIDI File of type 1: a tempo track, then one for each Track.

    Notes, tempo and bars come back as they were from `read_midi` as long as they lie on a grid of
    at most 32,767 ticks a beat and no note ends inside a longer, earlier one of its own pitch.

    Parameters
    ----------
    score
        What to write. Drums go to channel 10.
    comment
        Kept as a text event.
    loop_marks
        How a loop is marked, one of `loops.LOOP_MARKS`.

    Raises
    ------
    ChipgenError
        If a value is outside what MIDI can say; the message names it.
    """
    import mido

    if loop_marks not in LOOP_MARKS:
        raise ChipgenError(
            f"loop marks {loop_marks!r} are unknown; choose one of {', '.join(LOOP_MARKS)}"
        )
    _check(score)
    resolution = choose_resolution(score)
    ticks = _Ticks(resolution)
    end_tick = max(
        [ticks(score.end_beats), *(ticks(n.end_beats) for t in score.tracks for n in t.notes)]
    )
    players = channels_of(score)
    ranges = _bend_ranges(players)
    midi = mido.MidiFile(type=1, ticks_per_beat=resolution, charset="utf-8")
    midi.tracks.append(_track(_conductor_events(score, ticks, comment, loop_marks), end_tick))
    for fingers in players:
        events = [
            event
            for finger in fingers
            for event in _track_events(finger, ticks, ranges.get(finger.channel))
        ]
        midi.tracks.append(_track(events, end_tick))
    buffer = io.BytesIO()
    midi.save(file=buffer)
    return buffer.getvalue()


def choose_resolution(score: Score) -> int:
    """Return the ticks a quarter note on whose grid all of `score` lies, 480 if possible.

    Music on no grid of at most 32,767 ticks gets a very fine one.

    Examples
    --------
    >>> from chipgen.music.score import Note, Track
    >>> choose_resolution(Score((Track(notes=(Note(1 / 3, 0.5, 60),)),)))
    480
    >>> choose_resolution(Score((Track(notes=(Note(1 / 7, 0.5, 60),)),)))
    490
    """
    beats = _all_beats(score)
    common = (*_COMMON_RESOLUTIONS, *([_NESMDB_RESOLUTION] if score.dialect == "nesmdb" else []))
    for resolution in common:
        if _on_grid(beats, resolution):
            return resolution
    denominator = 1
    for beat in np.unique(np.round(beats % 1.0, 9)):
        part = Fraction(float(beat)).limit_denominator(_MAX_RESOLUTION).denominator
        denominator = math.lcm(denominator, part)
        if denominator > _MAX_RESOLUTION:
            return _FALLBACK_RESOLUTION
    resolution = denominator * max(1, math.ceil(_COMMON_RESOLUTIONS[0] / denominator))
    resolution = min(resolution, _MAX_RESOLUTION // denominator * denominator)
    return resolution if _on_grid(beats, resolution) else _FALLBACK_RESOLUTION


class _Ticks:
    """Beats to ticks."""

    def __init__(self, resolution: int) -> None:
        self.resolution = resolution

    def __call__(self, beats: float) -> int:
        return round(beats * self.resolution)


def _all_beats(score: Score) -> NDArray[np.float64]:
    beats = [score.end_beats, *(tempo.beat for tempo in score.tempos)]
    beats += [meter.beat for meter in score.meters]
    for track in score.tracks:
        beats += [note.onset_beats for note in track.notes]
        beats += [note.duration_beats for note in track.notes]
    return np.array(beats, dtype=np.float64)


def _on_grid(beats: NDArray[np.float64], resolution: int) -> bool:
    ticks = beats * resolution
    return bool(np.all(np.abs(ticks - np.round(ticks)) < _GRID_TOLERANCE_TICKS))


def _check(score: Score) -> None:
    for tempo in score.tempos:
        if not (tempo.bpm > 0 and 1 <= round(60e6 / tempo.bpm) <= _MAX_TEMPO_US):
            raise ChipgenError(
                f"a tempo of {tempo.bpm:g} beats a minute cannot be written; MIDI has 3.58-60000000"
            )
    for meter in score.meters:
        bottom = meter.denominator
        if not 1 <= meter.numerator <= 255 or bottom < 1 or bottom & (bottom - 1):
            raise ChipgenError(
                f"a meter of {meter.numerator}/{bottom} cannot be written; "
                "MIDI has 1-255 over a power of two"
            )
    for track in score.tracks:
        where = f"track {track.name!r}"
        _check_range(where, "channel", track.channel, 0, 15)
        _check_range(where, "program", track.program, 0, 127)
        for note in track.notes:
            if not (note.onset_beats >= 0 and 0 < note.duration_beats < math.inf):
                raise ChipgenError(
                    f"{where}: a note at beat {note.onset_beats:g} lasts {note.duration_beats:g}; "
                    "onsets begin at 0 and durations are positive"
                )
            _check_range(where, "pitch", note.pitch, 0, 127)
            _check_range(where, "velocity", note.velocity, 1, 127)
        for control in track.controls:
            _check_range(where, "control number", control.number, 0, 127)
            _check_range(where, f"value of control {control.number}", control.value, 0, 127)


def _check_range(where: str, what: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        raise ChipgenError(f"{where}: {what} {value} is not in {lowest}-{highest}")


def _track(events: list[_Timed], end_tick: int) -> Any:
    """Return events in absolute ticks as a mido track of time differences."""
    import mido

    track = mido.MidiTrack()
    now = 0
    end = (end_tick, _BEGINS, mido.MetaMessage("end_of_track"))
    for tick, _, message in [*sorted(events, key=lambda event: event[:2]), end]:
        tick = max(tick, now)
        while tick - now > _MAX_DELTA_TICKS:
            track.append(mido.MetaMessage("text", text="", time=_MAX_DELTA_TICKS))
            now += _MAX_DELTA_TICKS
        message.time = tick - now
        track.append(message)
        now = tick
    return track


def _conductor_events(score: Score, ticks: _Ticks, comment: str, loop_marks: str) -> list[_Timed]:
    from mido import MetaMessage

    events: list[_Timed] = []
    if comment:
        events.append((0, _SETS, MetaMessage("text", text=printable(comment))))
    if score.dialect == "nesmdb":
        events.append((0, _SETS, MetaMessage("text", text=LEVELS_TEXT)))
    for tempo in score.tempos:
        message = MetaMessage("set_tempo", tempo=round(60e6 / tempo.bpm))
        events.append((ticks(tempo.beat), _SETS, message))
    for meter in score.meters:
        message = MetaMessage(
            "time_signature", numerator=meter.numerator, denominator=meter.denominator
        )
        events.append((ticks(meter.beat), _SETS, message))
    if score.key:
        try:
            events.append((0, _SETS, MetaMessage("key_signature", key=score.key)))
        except ValueError:
            raise ChipgenError(
                f"key {score.key!r} is not a MIDI key signature, such as C, Bb, F#m"
            ) from None
    for marker in score.markers:
        message = _loop_message(marker.text, loop_marks)
        if key := changed_key(marker):
            message = MetaMessage("key_signature", key=key)
        elif message is None:
            message = MetaMessage("marker", text=printable(marker.text))
        events.append((ticks(marker.beat), _SETS, message))
    return events


def _loop_message(text: str, loop_marks: str) -> Any:
    """Return a loop mark as it is to be written; None if a text is none, or stays as it is."""
    from mido import Message, MetaMessage

    place = {LOOP_START: 0, LOOP_END: 1}.get(text)
    if place is None or loop_marks == "markers":
        return None
    if loop_marks == "brackets":
        return MetaMessage("marker", text="[]"[place])
    controls = (CC_LOOP, None) if loop_marks == "cc111" else (116, 117)
    control = controls[place]
    return control and Message("control_change", channel=0, control=control, value=127 * place)


def _bend_ranges(players: list[list[Track]]) -> dict[int, int]:
    """Return the whole semitones that each bent channel needs; tracks on one channel share it."""
    widest: defaultdict[int, float] = defaultdict(lambda: DEFAULT_BEND_SEMITONES)
    for track in (finger for fingers in players for finger in fingers):
        for bend in track.bends:
            widest[track.channel] = max(widest[track.channel], abs(bend.semitones))
    return {
        channel: min(_MAX_BEND_SEMITONES, math.ceil(size - 1e-9))
        for channel, size in widest.items()
    }


def _track_events(track: Track, ticks: _Ticks, bend_range: int | None) -> list[_Timed]:
    from mido import Message, MetaMessage

    channel = track.channel
    name = track.role or track.name
    events: list[_Timed] = []
    if name:
        events.append((0, _SETS, MetaMessage("track_name", name=printable(name))))
    for beat, program in (
        (0.0, track.program),
        *((change.beat, change.program) for change in track.program_changes),
    ):
        message = Message("program_change", channel=channel, program=program)
        events.append((ticks(beat), _SETS, message))
    if track.bends and bend_range is not None:
        # Registered parameter 0 takes whole semitones; then no parameter, so that stray data
        # entries do no harm (MIDI 1.0, table 3a).
        for number, value in ((101, 0), (100, 0), (6, bend_range), (38, 0), (101, 127), (100, 127)):
            message = Message("control_change", channel=channel, control=number, value=value)
            events.append((0, _SETS, message))
        for bend in track.bends:
            value = round(bend.semitones / bend_range * BEND_CENTRE)
            value = min(max(value, -BEND_CENTRE), BEND_TOP - BEND_CENTRE)
            message = Message("pitchwheel", channel=channel, pitch=value)
            events.append((ticks(bend.beat), _SETS, message))
    for control in track.controls:
        message = Message(
            "control_change", channel=channel, control=control.number, value=control.value
        )
        events.append((ticks(control.beat), _SETS, message))
    for note in sorted(
        track.notes, key=lambda n: (n.onset_beats, n.pitch, n.duration_beats, n.velocity)
    ):
        start = ticks(note.onset_beats)
        end = max(start + 1, ticks(note.end_beats))
        message = Message(
            "note_on", skip_checks=True, channel=channel, note=note.pitch, velocity=note.velocity
        )
        events.append((start, _BEGINS, message))
        message = Message(
            "note_off", skip_checks=True, channel=channel, note=note.pitch, velocity=64
        )
        events.append((end, _ENDS, message))
    return events
