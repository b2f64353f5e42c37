"""A seed and what was composed from it to one score, on the seed's tracks or on new ones."""

from dataclasses import replace
from typing import Any, Final

import numpy as np

from chipgen.models.generation import Continuation
from chipgen.music.drumming import drum_tracks
from chipgen.music.parts import Frame
from chipgen.music.score import Bend, Control, Marker, Meter, Score, Tempo, Track

_CHIP_ROLES: Final = {"melody": "p1", "harmony": "p2", "bass": "tr"}
_CHIP_PROGRAMS: Final = {"p1": 80, "p2": 81, "tr": 38}  # as NES-MDB has them
_LEVEL_CONTROLS: Final = (7, 11, 12)  # volume, expression, and the chip's timbre


def assemble(seed: Score, frame: Frame, made: Continuation, bars: int, drums: str) -> Score:
    """Put the continuation behind the seed, on its tracks or on new ones."""
    tracks = list(seed.tracks)
    for role, notes in made.lines.items():
        if not notes:
            continue
        owner = made.owners.get(role)
        if owner is None:
            tracks.append(_new_track(seed, tracks, role))
            owner = len(tracks) - 1
        track = tracks[owner]
        tracks[owner] = replace(
            track,
            notes=tuple(sorted((*track.notes, *notes))),
            controls=(*_until(track.controls, frame), *_usual_controls(track, frame)),
            bends=(*_until(track.bends, frame), *_straighten(track, frame)),
        )
    end = frame.start_beats + bars * frame.bar_beats
    tracks = drum_tracks(tracks, seed.dialect, frame, bars, drums)
    tempos = tuple(tempo for tempo in seed.tempos if tempo.beat < frame.start_beats)
    if tempos[-1].bpm != frame.tempo.bpm:
        tempos = (*tempos, frame.tempo)
    return replace(
        seed,
        tracks=tuple(tracks),
        tempos=tempos,
        meters=_meters(seed, frame),
        markers=tuple(marker for marker in seed.markers if marker.beat <= frame.start_beats),
        end_beats=end,
    )


def _meters(seed: Score, frame: Frame) -> tuple[Meter, ...]:
    """Return the seed's meters, its last bar cut short where the frame says so."""
    if frame.short_bar is None:
        return tuple(meter for meter in seed.meters if meter.beat < frame.start_beats)
    before = tuple(meter for meter in seed.meters if meter.beat < frame.short_bar.beat)
    return (*before, frame.short_bar, replace(frame.meter, beat=frame.start_beats))


def _new_track(seed: Score, tracks: list[Track], role: str) -> Track:
    """Return an empty track for a role that no track of the seed owns."""
    if seed.dialect == "nesmdb":
        taken = {track.role for track in tracks}
        wanted = (_CHIP_ROLES[role], "p1", "p2", "tr")
        name = next((name for name in wanted if name not in taken), "")
        if name:
            channel = ("p1", "p2", "tr").index(name)
            return Track(name, channel, _CHIP_PROGRAMS[name], role=name)
    used = {track.channel for track in tracks}
    free = [channel for channel in range(16) if channel != 9 and channel not in used]
    sounding = [track for track in seed.tracks if track.notes and not track.is_drums]
    program = sounding[0].program if sounding else 0
    return Track(role, free[0] if free else 0, program)


def _until(events: tuple[Any, ...], frame: Frame) -> list[Any]:
    return [event for event in events if event.beat < frame.start_beats]


def _usual_controls(track: Track, frame: Frame) -> list[Control]:
    """Set levels back to what is usual in the seed, which may have ended in a fade."""
    controls = []
    for number in _LEVEL_CONTROLS:
        values = [control.value for control in track.controls if control.number == number]
        if values:
            usual = int(np.percentile(values, 60 if number != 12 else 50, method="nearest"))
            controls.append(Control(frame.start_beats, number, usual))
    return controls


def _straighten(track: Track, frame: Frame) -> list[Bend]:
    bent = bool(track.bends) and track.bends[-1].semitones != 0
    return [Bend(frame.start_beats, 0.0)] if bent else []


def cut_before(score: Score, beat: float) -> Score:
    """Cut away what lies before a beat, and count from there."""

    def late(events: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(replace(e, beat=e.beat - beat) for e in events if e.beat >= beat)

    tracks = tuple(
        replace(
            track,
            notes=tuple(
                replace(note, onset_beats=note.onset_beats - beat)
                for note in track.notes
                if note.onset_beats >= beat - 1e-6
            ),
            controls=_in_force(track.controls, beat) + late(track.controls),
            bends=late(track.bends),
        )
        for track in score.tracks
    )
    meter = replace(score.meter_at(beat), beat=0.0)
    tempo = Tempo(0.0, max((t for t in score.tempos if t.beat <= beat), key=lambda t: t.beat).bpm)
    markers: tuple[Marker, ...] = late(score.markers)
    return replace(
        score,
        tracks=tuple(track for track in tracks if track.notes),
        tempos=(tempo,),
        meters=(meter,),
        markers=markers,
        end_beats=score.end_beats - beat,
    )


def _in_force(controls: tuple[Control, ...], beat: float) -> tuple[Control, ...]:
    """Return each control's last setting before a beat, moved to 0, unless it is set anew there."""
    last: dict[int, Control] = {}
    for control in controls:
        if control.beat <= beat:
            last[control.number] = replace(control, beat=0.0)
    again = {control.number for control in controls if control.beat == beat}
    return tuple(control for number, control in sorted(last.items()) if number not in again)
