"""Plays the seed's figures and drums on in a planned continuation, bar by bar, on its own tracks.

A bar of the seed lends each part its rhythm, register and voicing, and its notes move from the
seed's chord to the planned one. What the chip's voices play of it is told to the model, which
composes the rest around it.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.chord_mapping import (
    chord_of,
    invert,
    map_chord,
    map_line,
    onto_chord,
    shift_of,
)
from chipgen.composing.drummer import Drummer
from chipgen.composing.figure_notes import (
    clusters,
    count_strokes,
    is_end,
    line_of,
    played_otherwise,
    span_of,
    within_reach,
)
from chipgen.composing.figures import Double, Figure, find_figures
from chipgen.composing.lent_bars import LentBars, notes_within
from chipgen.labels.chord_names import chord_classes
from chipgen.music.score import Note
from chipgen.rows.drum_reduction import put_stroke
from chipgen.rows.plan_features import PlannedRows
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_states import (
    HIGHEST_PITCH,
    HOLD,
    LOWEST_PITCH,
    NOISE,
    REST,
    VOICES,
    Rows,
)

_VOICE_OF: Final = {"harmony": 1, "bass": 2}
_SHORTEST_BEATS: Final = 1 / 24
_BEFORE_BEATS: Final = 0.1
_EMPTY: Final = 0.5  # of a part's usual strokes, under which a last bar is unfinished
_KEPT_BARS: Final = 64
_INVERSIONS: Final = (-1, 0, 1)  # tones of the chord by which sections of a long piece differ
_OTHERWISE: Final = 0.4  # of these sections play a figure's notes in another order, or hold them
_LOWEST_INVERTED: Final = 50  # under which a figure goes no lower
_SEED: Final = 0x1A7  # apart from the numbers that phrases draw from


@dataclass(frozen=True, slots=True, eq=False)
class PlayedRows:
    """Rows of voices that are not composed.

    Attributes
    ----------
    rows
        What they play.
    voices
        Which of p1, p2, tr, no they are; shape (4,).
    """

    rows: Rows
    voices: NDArray[np.bool_]


class Accompaniment:
    """The parts of a seed that go on as figures, and its drums.

    Parameters
    ----------
    prompt
        The seed, in its own beats.
    plan
        Of the seed's rows and those to come; grows as it is drawn.
    scale
        Pitch classes of the key.
    rng_seed
        Decides where drums have fills.
    with_drums
        Whether the seed's drums go on.
    varies
        Whether new sections are accompanied in other inversions, and with fewer hats.
    """

    def __init__(
        self,
        prompt: Prompt,
        plan: PlannedRows,
        scale: frozenset[int],
        rng_seed: int,
        *,
        with_drums: bool,
        varies: bool = False,
    ) -> None:
        self._scale, self._rng_seed, self._varies = scale, rng_seed, varies
        self._lent = LentBars(prompt, plan)
        found = find_figures(prompt)
        self._figures, self.doubles, self.roles = found.figures, found.doubles, found.roles
        drums = prompt.parts.drums if with_drums and not prompt.is_voiced else ()
        self._drummer = Drummer(prompt.seed, drums, self._lent, rng_seed, varies=varies)
        self.drum_tracks = drums
        self.tracks = frozenset((*(figure.track for figure in self._figures), *drums))
        plays = [_VOICE_OF[role] for role in self.roles] + [NOISE] * bool(drums)
        self._voices = np.isin(np.arange(VOICES), plays)
        self._levels = _usual_levels(prompt.carried_rows)
        ending = prompt.ending
        self._counts = [
            [
                count_strokes(notes_within(figure.notes, ending.pattern_start(k), ending.bar_beats))
                for k in range(ending.pattern_bars)
            ]
            for figure in self._figures
        ]
        self._ends = [is_end(figure, ending) for figure in self._figures]
        self._made: dict[int, tuple[list[tuple[Note, ...]], dict[int, tuple[Note, ...]]]] = {}

    def rows(self, first: int, count: int) -> PlayedRows:
        """Return what the chip's voices play of it in some rows, counted from the first new one."""
        states, volume, timbre = (np.zeros((count, VOICES), dtype=np.uint8) for _ in range(3))
        if self._voices.any():
            bar, row = self._lent.bar_of(first), first
            while row < first + count:
                begin, until = self._lent.row_at(bar), self._lent.row_at(bar + 1)
                end = min(until, first + count)
                part = self._bar_rows(bar, until - begin)
                span, inside = slice(row - first, end - first), slice(row - begin, end - begin)
                states[span], volume[span] = part[0][inside], part[1][inside]
                bar, row = bar + 1, end
            timbre[:] = self._levels[1]
            volume[states <= HOLD], timbre[states <= HOLD] = 0, 0
        frames = self._lent.timing.frames_of(first, count)
        return PlayedRows(Rows(states, volume, timbre, frames), self._voices)

    def notes(self, start_beats: float, end_beats: float) -> Mapping[int, tuple[Note, ...]]:
        """Return the notes of each track that begin in a stretch of the continuation."""
        found: dict[int, list[Note]] = {track: [] for track in self.tracks}
        begin, length = self._lent.ending.start_beats, self._lent.length
        first = int(np.floor((start_beats - begin) / length + 1e-6))
        last = int(np.ceil((end_beats - begin) / length - 1e-6))
        for bar in range(first, last):
            figures, drums = self._bar(bar)
            for track, notes in (
                *((figure.track, own) for figure, own in zip(self._figures, figures, strict=True)),
                *drums.items(),
            ):
                for note in notes:
                    onset = begin + bar * length + note.onset_beats
                    if start_beats - 1e-6 <= onset < end_beats - 1e-6:
                        lasts = min(note.duration_beats, end_beats - onset)
                        found[track].append(Note(onset, lasts, note.pitch, note.velocity))
        return {track: tuple(sorted(notes)) for track, notes in found.items()}

    def _bar(self, bar: int) -> tuple[list[tuple[Note, ...]], dict[int, tuple[Note, ...]]]:
        """Return what each figure and each drum track plays in a bar, counted from its line."""
        if bar not in self._made:
            self._made.pop(bar - _KEPT_BARS, None)
            play = self._held if self._lent.closes(bar) else self._moved
            figures = [
                tuple(sorted(play(figure, bar, self._lent_bar(bar, number))))
                for number, figure in enumerate(self._figures)
            ]
            if self._lent.closes(bar + 1):
                figures = [
                    self._led_home(figure, notes, bar)
                    for figure, notes in zip(self._figures, figures, strict=True)
                ]
            self._made[bar] = figures, self._drummer.play(bar)
        return self._made[bar]

    def _lent_bar(self, bar: int, number: int) -> float:
        """Return the beat of the seed's bar that lends a figure its notes.

        A part that plays nearly everywhere is not lost where the bar that comes again has none of
        it, nor where the seed breaks off; an end is not played in the middle.
        """
        ending, counts = self._lent.ending, self._counts[number]
        pattern, source = self._lent.pattern(bar), self._lent.source(bar)
        usual = float(np.median(counts))
        beat, count = ending.pattern_start(pattern), counts[pattern]
        if source is not None:
            notes = notes_within(self._figures[number].notes, source, ending.bar_beats)
            there = count_strokes(notes)
            if there or usual == 0:
                beat, count = source, there
        is_last = beat > ending.pattern_end - 1.5 * ending.bar_beats
        is_end = count < _EMPTY * usual or self._ends[number]
        if is_last and is_end and ending.pattern_bars > 1:
            return ending.pattern_start(ending.pattern_bars // 2 - 1)
        return beat

    def _moved(self, figure: Figure, bar: int, lent: float) -> Iterator[Note]:
        """Yield a figure's notes of a bar, on the chords that are planned.

        Where the chord changes, what is held is struck again if it moves.
        """
        length, at = self._lent.length, bar * self._lent.length
        bar_notes = notes_within(figure.notes, lent, length)
        span = span_of(bar_notes)
        steps, otherwise = self._section_of(figure, bar)
        if otherwise:
            bar_notes = played_otherwise(bar_notes, length)
        for cluster in clusters(bar_notes):
            onset = cluster[0].onset_beats
            begins = [onset, *(half for half in (length / 2,) if half > onset + 1e-6)]
            played = [self._pitches(figure, cluster, span, lent + b, at + b) for b in begins]
            if "bass" in figure.roles:
                played = [
                    self._rooted(pitches, cluster[0], lent + b, at + b)
                    for pitches, b in zip(played, begins, strict=True)
                ]
            elif steps:
                chords = (self._lent.chord_to_come(at + b) for b in begins)
                played = [
                    tuple(invert(pitch, chord, steps) for pitch in pitches)
                    if chord > 0
                    else pitches
                    for pitches, chord in zip(played, chords, strict=True)
                ]
            if len(played) > 1 and played[0] == played[1]:
                begins, played = begins[:1], played[:1]
            for (begin, until), pitches in zip(pairwise([*begins, length]), played, strict=True):
                for note, pitch in zip(cluster, pitches, strict=True):
                    lasts = min(note.end_beats, until) - begin
                    if lasts > _SHORTEST_BEATS:
                        yield Note(begin, lasts, within_reach(pitch, figure), note.velocity)

    def _section_of(self, figure: Figure, bar: int) -> tuple[int, bool]:
        """Return how a section plays a figure.

        By how many tones of its chord it is higher than in the seed, and whether its notes come
        otherwise.
        """
        section = self._lent.section(bar) if self._varies else None
        if section is None or figure.is_fixed or "bass" in figure.roles:
            return 0, False
        rng = np.random.default_rng([self._rng_seed, section, figure.track, _SEED])
        steps = _INVERSIONS if figure.low >= _LOWEST_INVERTED else _INVERSIONS[1:]
        return int(rng.choice(steps)), bool(rng.random() < _OTHERWISE)

    def _held(self, figure: Figure, bar: int, lent: float) -> Iterator[Note]:
        """Yield what a figure plays in a last bar: its first notes, or its fullest chord, held."""
        length, at = self._lent.length, bar * self._lent.length
        struck = list(clusters(notes_within(figure.notes, lent, length)))
        if not struck:
            return
        cluster = struck[0] if figure.is_line else max(struck, key=len)
        begin = lent + cluster[0].onset_beats
        pitches = self._pitches(figure, cluster, span_of(cluster), begin, at)
        chord = self._lent.chord_to_come(at)
        for index, (note, pitch) in enumerate(zip(cluster, pitches, strict=True)):
            if chord > 0 and not figure.is_fixed:
                is_root = index == 0 and "bass" in figure.roles
                pitch = onto_chord(pitch, chord, root=is_root)
                if is_root and pitch > figure.low:  # under what the others end on
                    pitch = figure.low + (pitch - figure.low) % 12
            yield Note(0.0, length, within_reach(pitch, figure), note.velocity)

    def _led_home(self, figure: Figure, notes: tuple[Note, ...], bar: int) -> tuple[Note, ...]:
        """Return what a figure plays in the bar before the last.

        A bass has the root of the chord that leads home in the second half if it would rest there,
        or have the tonic before its time.
        """
        length = self._lent.length
        if "bass" not in figure.roles or figure.is_fixed:
            return notes
        halves = self._lent.ending.meter.numerator % 2 == 0 or length <= 1.0
        begin = length / 2 if halves else float(math.ceil(length / 2))
        chord, home = (
            self._lent.chord_to_come(bar * length + b) for b in (length - _BEFORE_BEATS, length)
        )
        if chord < 1:
            return notes
        if all(note.end_beats <= begin + _SHORTEST_BEATS for note in notes):
            near = notes[-1] if notes else figure.notes[-1]
            pitch = within_reach(onto_chord(near.pitch, chord, root=True), figure)
            return (*notes, Note(begin, length - begin, pitch, near.velocity))
        tonic = chord_classes(home)[0] if home > 0 else None
        return tuple(
            replace(note, pitch=within_reach(onto_chord(note.pitch, chord, root=True), figure))
            if note.end_beats > begin and note.pitch % 12 == tonic
            else note
            for note in notes
        )

    def _pitches(
        self,
        figure: Figure,
        cluster: Sequence[Note],
        span: tuple[int, int],
        beat: float,
        at: float,
    ) -> tuple[int, ...]:
        """Return what notes of the seed are on the chord that is planned for a beat to come.

        `span` is the lowest and the highest note of their bar.
        """
        pitches = tuple(note.pitch for note in cluster)
        if figure.is_fixed:
            return pitches
        chord, other = self._lent.chord_in_seed(beat), self._lent.chord_to_come(at)
        if figure.is_line or len(pitches) == 1:
            shift = shift_of(chord, other, span, (figure.low, figure.high))
            return tuple(map_line(p, chord, other, self._scale, shift) for p in pitches)
        return map_chord(pitches, chord_of(pitches, chord), other, self._scale)

    def _rooted(
        self, pitches: tuple[int, ...], lowest: Note, beat: float, at: float
    ) -> tuple[int, ...]:
        """Return notes of a bass with the root where a new chord begins, or none of it is lent."""
        chord, before = (self._lent.chord_to_come(max(0.0, b)) for b in (at, at - _BEFORE_BEATS))
        if chord < 1 or at % (self._lent.length / 2) > 1e-3:
            return pitches
        lent = self._lent.chord_in_seed(beat)
        is_lent = lent > 0 and lowest.pitch % 12 in chord_classes(lent)
        if chord == before and at > 0 and is_lent:
            return pitches
        return (onto_chord(pitches[0], chord, root=True), *pitches[1:])

    def _bar_rows(self, bar: int, count: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return states and volumes of what the chip's voices play of a bar."""
        states = np.zeros((count, VOICES), dtype=np.uint8)
        volume = np.broadcast_to(self._levels[0], states.shape).copy()
        timing = self._lent.timing
        edges = timing.edges_beats(self._lent.row_at(bar), count) - timing.start_beats
        edges = edges - bar * self._lent.length
        figures, drums = self._bar(bar)
        for figure, notes in zip(self._figures, figures, strict=True):
            for role in figure.roles:
                line = line_of(notes, role, has_bass="bass" in figure.roles)
                _put(states[:, _VOICE_OF[role]], line, edges, _VOICE_OF[role])
        for notes in drums.values():
            for note in notes:
                put_stroke(states, volume, int(np.argmin(np.abs(edges - note.onset_beats))), note)
        return states, volume


def shifted(notes: Sequence[Note], double: Double) -> tuple[Note, ...]:
    """Return a line as a part plays it that doubles it."""
    return tuple(
        replace(
            note,
            onset_beats=note.onset_beats + double.delay_beats,
            pitch=note.pitch + double.semitones,
        )
        for note in notes
        if 0 <= note.pitch + double.semitones <= 127
    )


def _usual_levels(history: Rows) -> NDArray[np.uint8]:
    """Return the volume and the timbre that each voice mostly has; shape (2, 4)."""
    levels = np.zeros((2, VOICES), dtype=np.uint8)
    begun = history.states > HOLD
    for voice in range(VOICES):
        for which, values in enumerate((history.volume, history.timbre)):
            own = values[begun[:, voice], voice]
            levels[which, voice] = int(np.median(own)) if len(own) else (8, 0)[which]
    return levels


def _put(
    states: NDArray[np.uint8], line: list[Note], edges: NDArray[np.float64], voice: int
) -> None:
    """Write a line into a voice's rows, shape (rows,)."""
    for note in line:
        begin, end = (
            int(np.argmin(np.abs(edges - beat))) for beat in (note.onset_beats, note.end_beats)
        )
        if begin >= len(states):
            continue
        pitch = note.pitch
        pitch += 12 * -(-max(0, LOWEST_PITCH[voice] - pitch) // 12)
        pitch -= 12 * -(-max(0, pitch - HIGHEST_PITCH[voice]) // 12)
        states[begin:] = REST
        states[begin] = pitch
        states[begin + 1 : max(begin + 1, end)] = HOLD
