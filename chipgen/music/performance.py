"""A score's tracks to notes in seconds, with pedal, volume, bends and modulation worked in."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.score import Control, Score, Track
from synth.chip.voices import EXPRESSION
from synth.instrument.voices import MAX_VOLUME

# MIDI controller numbers (MIDI 1.0, table III).
MODULATION: Final = 1
VOLUME: Final = 7
SUSTAIN: Final = 64

VIBRATO_HZ: Final = 5.5
VIBRATO_CENTS: Final = 50.0  # at full modulation, General MIDI 2's default depth
LOUD_PERCENT: Final = 95.0  # what lies above is an accent, not how loud the piece is
SHORTEST_S: Final = 1e-5  # a note that lasts no time would break "one note a voice"


@dataclass(frozen=True, slots=True)
class PlayedNote:
    """One note as it sounds.

    Attributes
    ----------
    track, index
        Where it stands in the score.
    start_s, end_s
        From key down to key up.
    tail_s
        When it dies away: later than `end_s` if the sustain pedal holds it.
    pitch
        MIDI note number as written.
    level
        0–1 at the onset, of velocity and controllers; `chip_volume` makes it a volume.
    bend
        As in `synth.instrument.voices.ChipNote`.
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

    played: list[PlayedNote] = []
    times = zip(starts_s.tolist(), ends_s.tolist(), tails_s.tolist(), strict=True)
    for index, (start_s, end_s, tail_s) in enumerate(times):
        note = track.notes[index]
        amplitude = note.velocity / 127.0
        changes = _level_steps(gain_s, gains, start_s, tail_s, amplitude)
        bend: tuple[tuple[float, float], ...] = ()
        if len(bend_s) > 1 or len(mod_s) > 1:
            bend = bend_points(bend_s, bend_cents, mod_s, mod_values, start_s, tail_s)
        played.append(
            PlayedNote(
                position, index, start_s, end_s, tail_s, note.pitch, changes[0][1], bend,
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


def bend_curve(score: Score, track: Track) -> tuple[list[float], list[float]]:
    """Return the bend's step times in seconds and its cents, beginning with 0 at −∞."""
    if not track.bends:
        return [-math.inf], [0.0]
    times_s = score.beats_to_seconds([bend.beat for bend in track.bends]).tolist()
    return [-math.inf, *times_s], [0.0, *(100.0 * bend.semitones for bend in track.bends)]


def bend_points(
    bend_s: list[float],
    bend_cents: list[float],
    mod_s: list[float],
    mod_values: list[float],
    start_s: float,
    end_s: float,
) -> tuple[tuple[float, float], ...]:
    """Sample bend and vibrato over one note; empty if it stays on pitch."""
    first_bend, last_bend = bisect_right(bend_s, start_s) - 1, bisect_left(bend_s, end_s)
    first_mod, last_mod = bisect_right(mod_s, start_s) - 1, bisect_left(mod_s, end_s)
    wobbles = any(mod_values[first_mod:last_mod])
    if not wobbles and not any(bend_cents[first_bend:last_bend]):
        return ()
    times_s = [start_s]
    for k in range(first_bend + 1, last_bend):
        if bend_s[k] - times_s[-1] > 0.03:  # a jump after rest, not a step of a dense curve
            times_s.append(bend_s[k] - 0.001)
        times_s.append(bend_s[k])
    if wobbles:
        quarters = np.arange(start_s, end_s, 0.25 / VIBRATO_HZ).tolist()
        times_s = sorted({*times_s, *quarters})
    points: list[tuple[float, float]] = []
    for time_s in times_s:
        cents = bend_cents[bisect_right(bend_s, time_s) - 1]
        depth = mod_values[bisect_right(mod_s, time_s) - 1] * VIBRATO_CENTS
        cents += depth * math.sin(2.0 * math.pi * VIBRATO_HZ * (time_s - start_s))
        points.append((time_s - start_s, round(cents, 3)))
    return tuple(points)


def _pedal_tails(
    score: Score, track: Track, starts_s: NDArray[np.float64], ends_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return when each note dies away: at pedal up, or when its key is struck again."""
    pedal = _of(track, SUSTAIN)
    if not any(control.value >= 64 for control in pedal):
        return ends_s
    times_s = score.beats_to_seconds([control.beat for control in pedal]).tolist()
    down = [control.value >= 64 for control in pedal]
    last_s = float(score.duration_s)
    up_after_s = [last_s] * (len(pedal) + 1)  # when the pedal next comes up, seen from each event
    for k in range(len(pedal) - 1, -1, -1):
        up_after_s[k] = up_after_s[k + 1] if down[k] else times_s[k]
    tails_s = ends_s.copy()
    struck_again_s: dict[int, float] = {}
    for k in range(len(track.notes) - 1, -1, -1):
        pitch = track.notes[k].pitch
        at = bisect_right(times_s, ends_s[k]) - 1
        if at >= 0 and down[at]:
            tail_s = min(up_after_s[at], struck_again_s.get(pitch, math.inf))
            tails_s[k] = max(ends_s[k], tail_s)
        struck_again_s[pitch] = float(starts_s[k])
    return tails_s
