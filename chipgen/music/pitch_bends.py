"""Combines a track's bends, vibrato and portamento into each note's pitch over time."""

import math
from bisect import bisect_left, bisect_right
from typing import Final

import numpy as np

from chipgen.music.score import Note, Score, Track

# MIDI controller numbers (MIDI 1.0, table III).
PORTAMENTO_TIME, PORTAMENTO, PORTAMENTO_KEY = 5, 65, 84
_PORTAMENTO: Final = frozenset({PORTAMENTO_TIME, PORTAMENTO, PORTAMENTO_KEY})

VIBRATO_HZ: Final = 5.5
VIBRATO_CENTS: Final = 50.0  # at full modulation, General MIDI 2's default depth
_REST_S: Final = 0.03  # a step after so long is a jump, not one of a dense curve
_FAR_CENTS: Final = 650.0
_STEADY: Final = 0.5  # of a note's length that one bend holds makes it the note's pitch
_TICK_S: Final = 1.0 / 60.0  # glides are drawn at the chip's frames
_TOGETHER_BEATS: Final = 1 / 32  # notes of a chord
_SWITCH_ON: Final = 64
# Seconds that portamento takes over 40 semitones by controller 5, measured on a Roland SC-55
# (J. Novak, dosbox-staging 2023). It is slower over wide steps.
_TIMES: Final = (0, 1, 2, 4, 8, 16, 32, 64, 80, 96, 112, 116, 120, 124, 127)
_TIMES_S: Final = (
    0.0, 0.006, 0.023, 0.05, 0.11, 0.25, 0.5, 2.06, 4.2, 8.4, 19.5, 26.7, 40.0, 80.0, 480.0
)  # fmt: skip
_TIMES_OVER_SEMITONES: Final = 40

Points = tuple[tuple[float, float], ...]
"""Breakpoints (seconds after the onset, cents), as in `ChipNote.bend`."""


def bend_curve(score: Score, track: Track) -> tuple[list[float], list[float]]:
    """Return the bend's step times in seconds and its cents, beginning with 0 at −∞."""
    if not track.bends:
        return [-math.inf], [0.0]
    times_s = score.beats_to_seconds([bend.beat for bend in track.bends]).tolist()
    return [-math.inf, *times_s], [0.0, *(100.0 * bend.semitones for bend in track.bends)]


def with_own_bends(
    score: Score, note: Note, bend_s: list[float], bend_cents: list[float]
) -> tuple[list[float], list[float]]:
    """Return a track's curve for one note: with the note's own bends added."""
    if not note.bends:
        return bend_s, bend_cents
    own_s = score.beats_to_seconds([note.onset_beats + beat for beat, _ in note.bends]).tolist()
    own_cents = [0.0, *(100.0 * semitones for _, semitones in note.bends)]
    first = max(0, bisect_right(bend_s, own_s[0]) - 1)
    until_s = float(score.beats_to_seconds(note.end_beats))
    times_s = sorted({bend_s[first], *bend_s[first : bisect_left(bend_s, until_s)], *own_s})
    cents = [
        bend_cents[max(0, bisect_right(bend_s, time_s) - 1)]
        + own_cents[bisect_right(own_s, time_s)]
        for time_s in times_s
    ]
    return times_s, cents


def steady_semitones(
    bend_s: list[float], bend_cents: list[float], start_s: float, end_s: float
) -> int:
    """Return the whole semitones by which a note is bent for most of its length, if they are many.

    A note that is bent by a fifth or more and held there is heard as another pitch: it belongs
    elsewhere in a line and in a voice's range.

    Examples
    --------
    >>> steady_semitones([-math.inf, 1.0], [0.0, 1210.0], 1.0, 2.0)
    12
    >>> steady_semitones([-math.inf, 1.9], [0.0, 1210.0], 1.0, 2.0)
    0
    """
    first, last = bisect_right(bend_s, start_s) - 1, bisect_left(bend_s, end_s)
    edges_s = [start_s, *bend_s[first + 1 : last], end_s]
    held: dict[float, float] = {}
    for k, cents in enumerate(bend_cents[first:last]):
        held[cents] = held.get(cents, 0.0) + edges_s[k + 1] - edges_s[k]
    cents, longest_s = max(held.items(), key=lambda item: item[1], default=(0.0, 0.0))
    far = abs(cents) >= _FAR_CENTS and longest_s >= _STEADY * (end_s - start_s)
    return round(cents / 100.0) if far else 0


def bend_points(
    bend_s: list[float],
    bend_cents: list[float],
    mod_s: list[float],
    mod_values: list[float],
    start_s: float,
    end_s: float,
    moved_cents: float = 0.0,
) -> Points:
    """Sample bend and vibrato over one note; empty if it stays on pitch.

    Parameters
    ----------
    bend_s, bend_cents
        The bend's steps.
    mod_s, mod_values
        The modulation wheel's, 0-1.
    start_s, end_s
        The note.
    moved_cents
        What is taken off, as the note's pitch says it already.
    """
    first_bend, last_bend = bisect_right(bend_s, start_s) - 1, bisect_left(bend_s, end_s)
    first_mod, last_mod = bisect_right(mod_s, start_s) - 1, bisect_left(mod_s, end_s)
    wobbles = any(mod_values[first_mod:last_mod])
    if not wobbles and all(cents == moved_cents for cents in bend_cents[first_bend:last_bend]):
        return ()
    times_s = [start_s]
    for k in range(first_bend + 1, last_bend):
        if bend_s[k] - times_s[-1] > _REST_S:
            times_s.append(bend_s[k] - 0.001)
        times_s.append(bend_s[k])
    if wobbles:
        quarters = np.arange(start_s, end_s, 0.25 / VIBRATO_HZ).tolist()
        times_s = sorted({*times_s, *quarters})
    points: list[tuple[float, float]] = []
    for time_s in times_s:
        cents = bend_cents[bisect_right(bend_s, time_s) - 1] - moved_cents
        depth = mod_values[bisect_right(mod_s, time_s) - 1] * VIBRATO_CENTS
        cents += depth * math.sin(2.0 * math.pi * VIBRATO_HZ * (time_s - start_s))
        points.append((time_s - start_s, round(cents, 3)))
    return tuple(points)


def find_glides(track: Track) -> dict[int, tuple[float, float]]:
    """Return the notes that portamento glides into: semitones it begins at, and seconds it takes.

    With portamento on (controller 65), a note glides from the one before it; in chords, from the
    nearest of the chord before. Controller 84 names the key from which the next note glides.

    Parameters
    ----------
    track
        Whose notes and controls.
    """
    controls = [control for control in track.controls if control.number in _PORTAMENTO]
    if not any(c.number != PORTAMENTO_TIME and c.value for c in controls):
        return {}
    glides: dict[int, tuple[float, float]] = {}
    before: set[int] = set()
    chord: set[int] = set()
    chord_beat = -math.inf
    time, on, key, at = 0, False, -1, 0
    for index, note in enumerate(track.notes):
        while at < len(controls) and controls[at].beat <= note.onset_beats:
            number, value = controls[at].number, controls[at].value
            if number == PORTAMENTO_TIME:
                time = value
            elif number == PORTAMENTO:
                on = value >= _SWITCH_ON
            else:
                key = value
            at += 1
        if note.onset_beats - chord_beat > _TOGETHER_BEATS:
            before, chord, chord_beat = chord, set(), note.onset_beats
        chord.add(note.pitch)
        sources = {key} if key >= 0 else before if on else set()
        key = -1
        if sources:
            step = min((source - note.pitch for source in sorted(sources)), key=abs)
            seconds = _glide_s(time, abs(step))
            if step and seconds >= _TICK_S:
                glides[index] = float(step), seconds
    return glides


def with_glide(points: Points, semitones: float, seconds: float, length_s: float) -> Points:
    """Return a note's bend with a straight glide at its beginning, drawn at the chip's frames.

    Examples
    --------
    >>> with_glide((), 2.0, 1 / 60, 1.0)
    ((0.0, 200.0), (0.016666666666666666, 0.0))
    """
    until_s = min(seconds, length_s)
    own_s = [time_s for time_s, _ in points]
    own_cents = [cents for _, cents in points]
    frames = np.arange(0.0, until_s, _TICK_S).tolist()
    times_s = sorted({*frames, until_s, *own_s})
    if len(times_s) > 1 and times_s[-1] - times_s[-2] < 1e-9:
        times_s.pop()
    base = np.interp(times_s, own_s, own_cents) if points else np.zeros(len(times_s))
    glide = [100.0 * semitones * max(0.0, 1.0 - time_s / seconds) for time_s in times_s]
    return tuple(
        (time_s, round(float(cents) + offset, 3))
        for time_s, cents, offset in zip(times_s, base, glide, strict=True)
    )


def _glide_s(time: int, semitones: float) -> float:
    """Return how long a glide over some semitones takes at a value of controller 5."""
    over_all_s = float(np.interp(time, _TIMES, _TIMES_S))
    return over_all_s / _TIMES_OVER_SEMITONES * semitones
