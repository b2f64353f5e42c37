"""Turns tracks into notes in seconds, with pedal, volume, bends and modulation applied."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.pitch_bends import (
    bend_curve,
    bend_points,
    find_glides,
    steady_semitones,
    with_glide,
    with_own_bends,
)
from chipgen.music.score import Control, Note, Score, Track
from synth.chip.voices import EXPRESSION
from synth.instrument.chip_score import MAX_VOLUME

# MIDI controller numbers (MIDI 1.0, table III).
MODULATION: Final = 1
VOLUME: Final = 7
SUSTAIN: Final = 64

SOSTENUTO: Final = 66
SOFT: Final = 67
PEDALS: Final = (SUSTAIN, SOSTENUTO, SOFT)

_PEDAL_DOWN: Final = 64  # values from here on mean down (MIDI 1.0, table 3)
SOFT_SHARE: Final = 0.7  # of a note's level under the soft pedal: 3 dB less
LOUD_PERCENT: Final = 95.0  # what lies above is an accent, not how loud the piece is
SHORTEST_S: Final = 1e-5  # a note that lasts no time would break "one note a voice"


@dataclass(frozen=True, slots=True)
class PlayedNote:
    """One note as it sounds.

    Attributes
    ----------
    track, index
        Its position in the score.
    start_s, end_s
        From key down to key up.
    tail_s
        When it dies away: later than `end_s` if the sustain pedal holds it.
    pitch
        MIDI note number as heard: as written, unless the note is bent by a fifth or more for most
        of its length.
    level
        0–1 at the onset, of velocity and controllers; `chip_volume` makes it a volume.
    bend
        As in `synth.instrument.chip_score.ChipNote`.
    level_changes
        Steps (seconds after the onset, level), the first at 0; empty for a steady note.
    """

    track: int
    index: int
    start_s: float
    end_s: float
    tail_s: float
    pitch: int
    level: float
    bend: tuple[tuple[float, float], ...] = ()
    level_changes: tuple[tuple[float, float], ...] = ()

    @property
    def peak_level(self) -> float:
        """The greatest level that the note reaches."""
        return max((level for _, level in self.level_changes), default=self.level)


def perform_score(score: Score, tracks: Sequence[int]) -> list[PlayedNote]:
    """Play the given tracks of a score.

    Parameters
    ----------
    score
        The piece.
    tracks
        Positions in `score.tracks`.

    Returns
    -------
    list of PlayedNote
        Sorted by onset, then pitch from the top.
    """
    loudest = max((_peak_volume(score.tracks[index]) for index in tracks), default=1.0)
    played: list[PlayedNote] = []
    for index in tracks:
        played += _perform_track(score, index, 1.0 / loudest)
    played.sort(key=lambda note: (note.start_s, -note.pitch, note.track, note.index))
    return played


def with_pedals(score: Score, track: int) -> tuple[Note, ...]:
    """Return a track's notes as long as the sustain and sostenuto pedals let them sound.

    Parameters
    ----------
    score
        The piece.
    track
        Position in `score.tracks`.
    """
    own = score.tracks[track]
    if not own.notes or not (_of(own, SUSTAIN) or _of(own, SOSTENUTO)):
        return own.notes
    starts_s = score.beats_to_seconds([note.onset_beats for note in own.notes])
    ends_s = score.beats_to_seconds([note.end_beats for note in own.notes])
    tails = score.seconds_to_beats(_pedal_tails(score, own, starts_s, ends_s)).tolist()
    return tuple(
        replace(note, duration_beats=max(note.duration_beats, tail - note.onset_beats))
        for note, tail in zip(own.notes, tails, strict=True)
    )


def loud_level(notes: Iterable[PlayedNote]) -> float:
    """Return how loud a piece's loud notes are: `LOUD_PERCENT` of them stay below, 0-1.

    Silent notes do not count; without any others it is 1.
    """
    levels = [note.peak_level for note in notes if note.peak_level > 0.0]
    return float(np.percentile(levels, LOUD_PERCENT)) if levels else 1.0


def chip_volume(level: float) -> int:
    """Scale 0-1 to the chip's 4 bits; what is meant to be heard never becomes 0.

    Examples
    --------
    >>> [chip_volume(level) for level in (0.0, 0.001, 0.5, 1.0, 1.4)]
    [0, 1, 8, 15, 15]
    """
    if level <= 0.0:
        return 0
    return min(MAX_VOLUME, max(1, round(level * MAX_VOLUME)))


def _peak_volume(track: Track) -> float:
    """Greatest CC7 in force while the track plays, 0-1; GM's default is 100."""
    if not track.notes:
        return 1e-3
    values = [control.value for control in track.controls if control.number == VOLUME]
    starts_later = [c.beat for c in track.controls if c.number == VOLUME][:1]
    if not values or starts_later[0] > track.notes[0].onset_beats:
        values.append(100)
    return max(max(values) / 127.0, 1e-3)


def _perform_track(score: Score, position: int, scale: float) -> list[PlayedNote]:
    track = score.tracks[position]
    if not track.notes:
        return []
    starts_s = score.beats_to_seconds([note.onset_beats for note in track.notes])
    ends_s = score.beats_to_seconds([note.end_beats for note in track.notes])
    ends_s = np.maximum(ends_s, starts_s + SHORTEST_S)
    tails_s = _pedal_tails(score, track, starts_s, ends_s)
    gain_s, gains = _gain_curve(score, track, scale)
    bend_s, bend_cents = bend_curve(score, track)
    mod_s, mod_values = _curve(score, _of(track, MODULATION), 0.0)

    soft_s, soft_values = _curve(score, _of(track, SOFT), 0.0)
    glides = find_glides(track)

    played: list[PlayedNote] = []
    times = zip(starts_s.tolist(), ends_s.tolist(), tails_s.tolist(), strict=True)
    for index, (start_s, end_s, tail_s) in enumerate(times):
        note = track.notes[index]
        amplitude = note.velocity / 127.0
        if soft_values[bisect_right(soft_s, start_s) - 1] >= _PEDAL_DOWN / 127.0:
            amplitude *= SOFT_SHARE
        changes = _level_steps(gain_s, gains, start_s, tail_s, amplitude)
        bend: tuple[tuple[float, float], ...] = ()
        pitch = note.pitch
        if len(bend_s) > 1 or len(mod_s) > 1 or note.bends:
            own_s, own_cents = with_own_bends(score, note, bend_s, bend_cents)
            higher = steady_semitones(own_s, own_cents, start_s, tail_s)
            higher = min(127 - pitch, max(-pitch, higher))
            pitch += higher
            bend = bend_points(own_s, own_cents, mod_s, mod_values, start_s, tail_s, 100.0 * higher)
        if index in glides:
            bend = with_glide(bend, *glides[index], tail_s - start_s)
        played.append(
            PlayedNote(
                position, index, start_s, end_s, tail_s, pitch, changes[0][1], bend,
                changes if len(changes) > 1 else (),
            )
        )  # fmt: skip
    return played


def _of(track: Track, number: int) -> list[Control]:
    return [control for control in track.controls if control.number == number]


def _curve(
    score: Score, controls: list[Control], initial: float
) -> tuple[list[float], list[float]]:
    """Return step times in seconds and values, beginning with the initial value at −∞."""
    if not controls:
        return [-math.inf], [initial]
    times_s = score.beats_to_seconds([control.beat for control in controls]).tolist()
    return [-math.inf, *times_s], [initial, *(control.value / 127.0 for control in controls)]


def _gain_curve(score: Score, track: Track, scale: float) -> tuple[list[float], list[float]]:
    volume_s, volumes = _curve(score, _of(track, VOLUME), 100.0 / 127.0)
    expression_s, expressions = _curve(score, _of(track, EXPRESSION), 1.0)
    times_s = sorted({*volume_s, *expression_s})
    gains = [
        scale
        * volumes[bisect_right(volume_s, time_s) - 1]
        * expressions[bisect_right(expression_s, time_s) - 1]
        for time_s in times_s
    ]
    return times_s, gains


def _level_steps(
    times_s: list[float], gains: list[float], start_s: float, end_s: float, amplitude: float
) -> tuple[tuple[float, float], ...]:
    first = bisect_right(times_s, start_s) - 1
    last = bisect_left(times_s, end_s)
    steps = [(0.0, amplitude * gains[first])]
    for k in range(first + 1, last):
        level = amplitude * gains[k]
        if level != steps[-1][1]:
            steps.append((times_s[k] - start_s, level))
    return tuple(steps)


def _pedal_tails(
    score: Score, track: Track, starts_s: NDArray[np.float64], ends_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return when each note dies away: at pedal up, or when its key is struck again.

    The sustain pedal holds all notes that end while it is down; sostenuto those that sounded when
    it went down.
    """
    last_s = float(score.duration_s)
    sustained = _down_spans(score, _of(track, SUSTAIN), last_s)
    sostenuto = _down_spans(score, _of(track, SOSTENUTO), last_s)
    if not sustained and not sostenuto:
        return ends_s
    downs_s = [down_s for down_s, _ in sustained]
    held_downs_s = [down_s for down_s, _ in sostenuto]
    tails_s = ends_s.copy()
    struck_again_s: dict[int, float] = {}
    for k in range(len(track.notes) - 1, -1, -1):
        pitch = track.notes[k].pitch
        start_s, end_s = float(starts_s[k]), float(ends_s[k])
        tail_s = end_s
        at = bisect_left(held_downs_s, end_s) - 1  # the last that went down before the key came up
        if at >= 0 and held_downs_s[at] > start_s:
            tail_s = max(tail_s, sostenuto[at][1])
        at = bisect_right(downs_s, tail_s) - 1
        if at >= 0 and tail_s < sustained[at][1]:
            tail_s = sustained[at][1]
        tails_s[k] = max(end_s, min(tail_s, struck_again_s.get(pitch, math.inf)))
        struck_again_s[pitch] = start_s
    return tails_s


def _down_spans(score: Score, pedal: Sequence[Control], last_s: float) -> list[tuple[float, float]]:
    """Return from when until when a pedal is down; one that never comes up is down to the end."""
    if not any(control.value >= _PEDAL_DOWN for control in pedal):
        return []
    spans: list[tuple[float, float]] = []
    down_s: float | None = None
    times_s = score.beats_to_seconds([control.beat for control in pedal]).tolist()
    for time_s, control in zip(times_s, pedal, strict=True):
        if control.value >= _PEDAL_DOWN:
            down_s = time_s if down_s is None else down_s
        elif down_s is not None:
            spans.append((down_s, time_s))
            down_s = None
    return spans if down_s is None else [*spans, (down_s, last_s)]
