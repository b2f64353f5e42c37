"""Splits a piece into passages as it is composed, and collects passages into one score.

What is composed is played by the seed's own tracks, or by new ones behind them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from chipgen.composing.drum_patterns import carry_drums_on, kit_on_noise, plain_kit
from chipgen.models.continuation import Continuation, Stretch
from chipgen.music.played_notes import PEDALS
from chipgen.music.score import (
    DRUM_CHANNEL,
    Bend,
    Control,
    Marker,
    Meter,
    Note,
    Score,
    Tempo,
    Track,
)
from chipgen.music.score_edit import shift_track
from chipgen.understand.ending import Ending
from synth.chip.voices import SCORED, TIMBRE, VOICE_BY_PART

ROLES: Final = ("melody", "harmony", "bass", "drums")
_LEVEL_CONTROLS: Final = (7, 11, 12)  # volume, expression, and the chip's timbre


@dataclass(frozen=True, slots=True)
class Passage:
    """Some bars of a piece as it is composed, complete: nothing that begins in them comes later.

    Attributes
    ----------
    start_beats, end_beats
        Where in the finished piece; the next passage begins where this one ends.
    tracks
        Every track of the finished piece, in its order, with the notes, controls and bends that
        begin in this passage and nothing else. The seed's tracks come first, the composer's own
        behind them; all passages have the same ones. Notes may ring on beyond `end_beats`, and the
        controls that shape them with them.
    tempo, meter
        In force here.
    remarks
        Remarks for the user, one line each; with the first passage.
    """

    start_beats: float
    end_beats: float
    tracks: tuple[Track, ...]
    tempo: Tempo
    meter: Meter
    remarks: tuple[str, ...] = ()


def passages(seed: Score, ending: Ending, made: Continuation, drums: str) -> Iterator[Passage]:
    """Yield what is composed, bars by bars, on the seed's tracks and on new ones.

    Parameters
    ----------
    drums
        As the field of `chipgen.request.ComposeRequest`.
    """
    tracks, owners = _lay_out(seed, made, drums)
    kit = next((i for i, track in enumerate(tracks) if track.plays_drums), None)
    remarks, first = made.remarks, True
    for stretch in made.stretches:
        events = [(list[Note](), list[Control](), list[Bend]()) for _ in tracks]
        for role, index in owners.items():
            notes, controls, bends = events[index]
            notes += stretch.lines.get(role, ())
            controls += stretch.controls.get(role, ())
            if first and index < len(seed.tracks):
                controls[:0] = _usual_controls(seed.tracks[index], ending, controls)
                bends += _straighten(seed.tracks[index], ending)
        for index, notes, controls in _drums(seed, ending, stretch, drums, made, kit):
            events[index][0].extend(notes)
            events[index][1].extend(controls)
        yield Passage(
            stretch.start_beats,
            stretch.end_beats,
            tuple(
                replace(
                    track,
                    notes=tuple(sorted(notes)),
                    controls=tuple(sorted(controls, key=lambda control: control.beat)),
                    bends=tuple(bends),
                )
                for track, (notes, controls, bends) in zip(tracks, events, strict=True)
            ),
            ending.tempo,
            ending.meter,
            remarks,
        )
        remarks, first = (), False


def collect(seed: Score, ending: Ending, played: Iterable[Passage]) -> Score:
    """Put passages behind the seed."""
    ready = list(played)
    tracks = []
    for index, empty in enumerate(ready[0].tracks):
        mine = [passage.tracks[index] for passage in ready]
        if index >= len(seed.tracks):
            if any(track.notes for track in mine):
                tracks.append(_joined(empty, mine))
            continue
        before = seed.tracks[index]
        if any(track.notes for track in mine):
            kept = replace(
                before,
                controls=_until(before.controls, ending),
                bends=_until(before.bends, ending),
            )
            before = _joined(kept, [kept, *mine])
        tracks.append(before)
    tempos = tuple(tempo for tempo in seed.tempos if tempo.beat < ending.start_beats)
    if tempos[-1].bpm != ending.tempo.bpm:
        tempos = (*tempos, ending.tempo)
    return replace(
        seed,
        tracks=tuple(tracks),
        tempos=tempos,
        meters=_meters(seed, ending),
        markers=tuple(marker for marker in seed.markers if marker.beat <= ending.start_beats),
        end_beats=ready[-1].end_beats,
    )


def _lay_out(seed: Score, made: Continuation, drums: str) -> tuple[list[Track], dict[str, int]]:
    """Return the piece's tracks, empty, and which of them plays which role."""
    bare = [replace(track, notes=(), controls=(), bends=()) for track in seed.tracks]
    owners: dict[str, int] = {}
    for role in ROLES:
        if role == "drums" and not (made.writes_drums and drums == "seed"):
            continue
        owner = made.owners.get(role)
        if owner is None:
            bare.append(new_track(seed, bare, role))
            owner = len(bare) - 1
        owners[role] = owner
    # Parts of the seed that no voice of the chip plays have names of their own.
    owners |= {name: k for name, k in made.owners.items() if name not in ROLES and k is not None}
    if drums == "preset" and not any(track.plays_drums for track in bare):
        bare.append(new_track(seed, bare, "drums"))
    return bare, owners


def _drums(
    seed: Score,
    ending: Ending,
    stretch: Stretch,
    drums: str,
    made: Continuation,
    kit: int | None,
) -> Iterator[tuple[int, list[Note], list[Control]]]:
    """Yield (track, notes, controls) of the drums that the model does not write."""
    start, end = stretch.start_beats, stretch.end_beats
    if drums == "preset" and kit is not None:
        hits = plain_kit(ending, start, end)
        yield kit, kit_on_noise(hits) if seed.dialect == "nesmdb" else hits, []
    elif drums == "seed" and not made.writes_drums:
        for index, track in enumerate(seed.tracks):
            if track.plays_drums:
                yield index, *carry_drums_on(track, ending, start, end)


def _joined(base: Track, parts: list[Track]) -> Track:
    return replace(
        base,
        notes=tuple(sorted(note for part in parts for note in part.notes)),
        controls=tuple(
            sorted((c for part in parts for c in part.controls), key=lambda control: control.beat)
        ),
        bends=tuple(bend for part in parts for bend in part.bends),
    )


def _meters(seed: Score, ending: Ending) -> tuple[Meter, ...]:
    """Return the seed's meters, its last bar cut short where the ending says so."""
    if ending.short_bar is None:
        return tuple(meter for meter in seed.meters if meter.beat < ending.start_beats)
    before = tuple(meter for meter in seed.meters if meter.beat < ending.short_bar.beat)
    return (*before, ending.short_bar, replace(ending.meter, beat=ending.start_beats))


def new_track(seed: Score, tracks: list[Track], role: str) -> Track:
    """Return an empty track for a role that no track of the seed owns."""
    if seed.dialect == "nesmdb":
        taken = {track.role for track in tracks}
        usual = VOICE_BY_PART[role]
        others = [voice for voice in SCORED if voice.period_cycles] if usual.period_cycles else []
        voice = next((voice for voice in (usual, *others) if voice.role not in taken), None)
        if voice is not None:
            return Track(voice.role, voice.midi_channel, voice.midi_program, role=voice.role)
    if role == "drums":
        return Track("drums", DRUM_CHANNEL)
    used = {track.channel for track in tracks}
    free = [channel for channel in range(16) if channel != DRUM_CHANNEL and channel not in used]
    sounding = [track for track in seed.tracks if track.notes and not track.is_drums]
    program = sounding[0].program if sounding else 0
    return Track(role, free[0] if free else 0, program)


def _until(events: tuple[Any, ...], ending: Ending) -> tuple[Any, ...]:
    return tuple(event for event in events if event.beat < ending.start_beats)


def _usual_controls(track: Track, ending: Ending, composed: list[Control]) -> list[Control]:
    """Set levels back to what is usual in the seed, which may have ended in a fade.

    A control that the model writes itself is left to it. Pedals come up: what they held in figures
    is in the notes' lengths.
    """
    begin = ending.start_beats
    own = {control.number for control in composed}
    controls = []
    for number in _LEVEL_CONTROLS:
        values = [control.value for control in track.controls if control.number == number]
        if values and number not in own:
            middle = 50 if number == TIMBRE else 60
            usual = int(np.percentile(values, middle, method="nearest"))
            controls.append(Control(ending.start_beats, number, usual))
    for number in PEDALS:
        last = [c.value for c in track.controls if c.number == number and c.beat <= begin]
        if last and last[-1]:
            controls.append(Control(begin, number, 0))
    return controls


def _straighten(track: Track, ending: Ending) -> list[Bend]:
    bent = bool(track.bends) and track.bends[-1].semitones != 0
    return [Bend(ending.start_beats, 0.0)] if bent else []


def moved(passage: Passage, beats: float, before: Mapping[int, tuple[Control, ...]]) -> Passage:
    """Count a passage from another beat, and put the controls in force before it in front.

    Parameters
    ----------
    before
        Track to the controls in force at the new beginning.
    """
    later = shift_passage(passage, -beats)
    tracks = tuple(
        replace(track, controls=(*before.get(index, ()), *track.controls))
        for index, track in enumerate(later.tracks)
    )
    return replace(
        later,
        tracks=tracks,
        tempo=replace(passage.tempo, beat=0.0),
        meter=replace(passage.meter, beat=0.0),
    )


def shift_passage(passage: Passage, beats: float) -> Passage:
    """Return a passage that plays `beats` later (earlier if negative)."""
    return replace(
        passage,
        start_beats=passage.start_beats + beats,
        end_beats=passage.end_beats + beats,
        tracks=tuple(shift_track(track, beats) for track in passage.tracks),
        tempo=replace(passage.tempo, beat=passage.tempo.beat + beats),
        meter=replace(passage.meter, beat=passage.meter.beat + beats),
    )


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
            controls=controls_in_force(track.controls, beat) + late(track.controls),
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


def controls_in_force(controls: tuple[Control, ...], beat: float) -> tuple[Control, ...]:
    """Return each control's last setting before a beat, moved to 0, unless set again there."""
    last: dict[int, Control] = {}
    for control in controls:
        if control.beat <= beat:
            last[control.number] = replace(control, beat=0.0)
    again = {control.number for control in controls if control.beat == beat}
    return tuple(control for number, control in sorted(last.items()) if number not in again)
