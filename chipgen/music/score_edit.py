"""Edits scores: cuts, joins, shifts and merges them."""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final, TypeVar

from chipgen.errors import ChipgenError
from chipgen.music.score import Bend, Control, Marker, Note, ProgramChange, Score, Track

_PEDAL_DOWN: Final = 64  # values from here on mean down (MIDI 1.0, table 3)
_BAR_TOLERANCE_BEATS: Final = 1e-6

_Event = TypeVar("_Event", Control, Bend, Marker)


def slice_score(score: Score, start_beat: float, end_beat: float) -> Score:
    """Return the stretch from `start_beat` to `end_beat` as a piece of its own.

    Notes that reach over an edge are cut at it. Tempo, meter, controls and bends in force at the
    start are in force from beat 0 of the result, whose first bar begins there.

    Raises
    ------
    ChipgenError
        If the stretch is not within the score or has no length.

    Examples
    --------
    >>> score = Score((Track(notes=(Note(0.0, 3.0, 60), Note(3.0, 1.0, 62))),), end_beats=4.0)
    >>> slice_score(score, 2.0, 4.0).tracks[0].notes
    (Note(onset_beats=0.0, duration_beats=1.0, pitch=60, velocity=100, bends=()), \
Note(onset_beats=1.0, duration_beats=1.0, pitch=62, velocity=100, bends=()))
    """
    if not 0 <= start_beat < end_beat <= score.end_beats + _BAR_TOLERANCE_BEATS:
        raise ChipgenError(
            f"beats {start_beat:g}-{end_beat:g} are not a stretch of a score of "
            f"{score.end_beats:g} beats"
        )
    tempo_index = bisect_right([tempo.beat for tempo in score.tempos], start_beat) - 1
    meter_index = bisect_right([meter.beat for meter in score.meters], start_beat) - 1
    return replace(
        score,
        tracks=tuple(_slice_track(track, start_beat, end_beat) for track in score.tracks),
        tempos=tuple(
            replace(tempo, beat=max(0.0, tempo.beat - start_beat))
            for tempo in score.tempos[tempo_index:]
            if tempo.beat < end_beat
        ),
        meters=tuple(
            replace(meter, beat=max(0.0, meter.beat - start_beat))
            for meter in score.meters[meter_index:]
            if meter.beat < end_beat
        ),
        end_beats=end_beat - start_beat,
        markers=tuple(
            replace(marker, beat=marker.beat - start_beat)
            for marker in score.markers
            if start_beat <= marker.beat <= end_beat
        ),
    )


def concatenate(first: Score, second: Score) -> Score:
    """Return `first`, then `second` from the bar line at or after its end.

    Tempo, meter, key and dialect of `first` go on; `second` brings its notes, controls, bends and
    markers. Its tracks continue those of `first` that have the same role, or without roles the same
    name, channel and program; the others are added.

    Examples
    --------
    >>> bar = Score((Track(notes=(Note(0.0, 1.0, 60),)),), end_beats=3.0)
    >>> [note.onset_beats for note in concatenate(bar, bar).tracks[0].notes]
    [0.0, 4.0]
    """
    start = next_bar_beat(first, first.end_beats)
    tracks = list(first.tracks)
    taken: set[int] = set()
    for track in second.tracks:
        later = shift_track(track, start)
        match = next(
            (
                index
                for index, earlier in enumerate(first.tracks)
                if index not in taken and _same_player(earlier, track)
            ),
            None,
        )
        if match is None:
            tracks.append(later)
            continue
        taken.add(match)
        earlier = tracks[match]
        tracks[match] = replace(
            earlier,
            notes=earlier.notes + later.notes,
            controls=earlier.controls + later.controls,
            bends=_come_to_rest(earlier.bends, start, later.bends) + later.bends,
            program_changes=(
                *earlier.program_changes,
                *(
                    [ProgramChange(start, later.program)]
                    if earlier.program_at(start) != later.program
                    else []
                ),
                *later.program_changes,
            ),
        )
    markers = tuple(replace(marker, beat=marker.beat + start) for marker in second.markers)
    return replace(
        first,
        tracks=tuple(tracks),
        end_beats=start + second.end_beats,
        markers=first.markers + markers,
    )


def shift(score: Score, beats: float) -> Score:
    """Return `score` with all that sounds, and its markers, `beats` later (earlier if negative).

    Tempo and meter stay where they are.

    Raises
    ------
    ChipgenError
        If something would begin before beat 0.
    """
    tracks = tuple(shift_track(track, beats) for track in score.tracks)
    markers = tuple(replace(marker, beat=marker.beat + beats) for marker in score.markers)
    starts = [note.onset_beats for track in tracks for note in track.notes]
    starts += [control.beat for track in tracks for control in track.controls]
    starts += [bend.beat for track in tracks for bend in track.bends]
    starts += [marker.beat for marker in markers]
    if starts and min(starts) < 0:
        raise ChipgenError(
            f"shifting by {beats:g} beats puts something at beat {min(starts):g}; "
            f"{beats - min(starts):g} is the least"
        )
    return replace(
        score, tracks=tracks, markers=markers, end_beats=max(0.0, score.end_beats + beats)
    )


def merge(*scores: Score) -> Score:
    """Return the tracks of all `scores` sounding together, in the first one's tempo and meter.

    Raises
    ------
    ChipgenError
        If no score is given.
    """
    if not scores:
        raise ChipgenError("merging needs at least one score")
    return replace(
        scores[0],
        tracks=tuple(track for score in scores for track in score.tracks),
        end_beats=max(score.end_beats for score in scores),
        markers=tuple(
            sorted((m for score in scores for m in score.markers), key=lambda marker: marker.beat)
        ),
    )


def next_bar_beat(score: Score, beat: float) -> float:
    """Return the first bar line at or after `beat`, if need be beyond the end of the score.

    Examples
    --------
    >>> next_bar_beat(Score(), 4.5)
    8.0
    """
    meter = score.meter_at(beat)
    bars = math.ceil((beat - meter.beat) / meter.bar_beats - _BAR_TOLERANCE_BEATS)
    return meter.beat + bars * meter.bar_beats


def _slice_track(track: Track, start: float, end: float) -> Track:
    notes: list[Note] = []
    for note in track.notes:
        onset, release = max(note.onset_beats, start), min(note.end_beats, end)
        if release <= onset:
            continue
        if (onset, release) == (note.onset_beats, note.end_beats):  # keep its length to the bit
            notes.append(replace(note, onset_beats=onset - start))
        else:
            bends = _cut_bends(note.bends, onset - note.onset_beats)
            length = release - onset
            notes.append(
                replace(note, onset_beats=onset - start, duration_beats=length, bends=bends)
            )
    later = [change for change in track.program_changes if start < change.beat < end]
    return replace(
        track,
        program=track.program_at(start),
        program_changes=tuple(replace(c, beat=c.beat - start) for c in later),
        notes=tuple(sorted(notes, key=lambda note: (note.onset_beats, note.pitch))),
        controls=_slice_events(track.controls, start, end, lambda control: control.number),
        bends=_slice_events(track.bends, start, end, lambda _: 0),
    )


def _cut_bends(
    bends: tuple[tuple[float, float], ...], by: float
) -> tuple[tuple[float, float], ...]:
    """Return a note's own bends for a note that begins later by a number of beats."""
    if not bends or not by:
        return bends
    before = [semitones for beat, semitones in bends if beat <= by]
    later = tuple((beat - by, semitones) for beat, semitones in bends if beat > by)
    return ((0.0, before[-1] if before else 0.0), *later)


def _slice_events(
    events: Iterable[_Event], start: float, end: float, kind: Callable[[_Event], int]
) -> tuple[_Event, ...]:
    """Return the events of a stretch, and before them the last of each kind that came earlier."""
    in_force: dict[int, _Event] = {}
    inside: list[_Event] = []
    for event in events:
        if event.beat <= start:
            in_force[kind(event)] = event
        elif event.beat < end:
            inside.append(event)
    return tuple(
        [replace(event, beat=0.0) for _, event in sorted(in_force.items())]
        + [replace(event, beat=event.beat - start) for event in inside]
    )


def shift_track(track: Track, beats: float) -> Track:
    """Return a track that plays `beats` later (earlier if negative)."""
    notes = tuple(replace(note, onset_beats=note.onset_beats + beats) for note in track.notes)
    return replace(move_events(track, lambda beat: beat + beats), notes=notes)


def move_events(track: Track, moved: Callable[[float], float]) -> Track:
    """Return a track whose controls, bends and programs, not its notes, come at other beats."""
    return replace(
        track,
        controls=tuple(replace(control, beat=moved(control.beat)) for control in track.controls),
        bends=tuple(replace(bend, beat=moved(bend.beat)) for bend in track.bends),
        program_changes=tuple(replace(c, beat=moved(c.beat)) for c in track.program_changes),
    )


def _same_player(first: Track, second: Track) -> bool:
    if first.role or second.role:
        return first.role == second.role
    return (first.name, first.channel, first.program) == (
        second.name,
        second.channel,
        second.program,
    )


def _come_to_rest(
    bends: tuple[Bend, ...], beat: float, later: tuple[Bend, ...]
) -> tuple[Bend, ...]:
    """Return `bends`, reset at `beat` unless they are 0 or another bend begins there."""
    if not bends or bends[-1].semitones == 0 or (later and later[0].beat == beat):
        return bends
    return (*bends, Bend(beat, 0.0))
