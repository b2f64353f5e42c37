"""Turns slices of pitches into lines of notes, in the seed's own rhythm.

For every bar a bar of the seed lends its onsets, lengths and loudness. Each note's pitch is chosen
from the slice it begins in, or off the beat on the way to the next: near the voice's last note,
along the contour of the lent bar (as it is, mirrored, or moved) and away from what the voice
played just before. The bass keeps its lent figure upon the lowest note of each new harmony; the
melody lies above it, and the harmony between the two where there is room.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.score import Note
from chipgen.music.tonnetz import PITCH_HIGH, PITCH_LOW
from chipgen.rows.seed_lines import Part
from chipgen.understand.ending import Ending

_SHORTEST_BEATS: Final = 1 / 24
_RINGING_BEATS: Final = 0.5  # a note held so far into a bar keeps it from being silent
# Costs in semitones of distance; found by ear and kept few.
_OTHER_OCTAVE: Final = 3.0
_REPEATED: Final = 3.0
_PASSING: Final = 2.5  # a pitch class of the scale, but not of the slice
_EARLY: Final = 1.0  # one of the next slice
_OFF_BEAT: Final = 0.2  # of a slice; a note that begins later is off the beat
_PASSING_BEATS: Final = 0.6
_STALE: Final = 1.5  # for each time the pitch is among the voice's last notes
_STALE_BASS: Final = 0.8  # which may insist more, and on its root as long as it likes
_STALE_NOTES: Final = 4
_CLASH: Final = 6.0
_ANCHOR: Final = 8.0  # away from the root, where a bar or a harmony begins
_FROM_ROOT: Final = 1.5
_REACH: Final = 7  # so far may the bass's figure rise above its range
_ROOM: Final = 5  # semitones that the melody leaves for the harmony above the bass
_LEAP: Final = 1.0
_LARGEST_STEP: Final = 7

_CONTOURS: Final = ("as lent", "mirrored", "higher", "lower")
_MOVED: Final = 4  # semitones

# Where the seed has no such voice: onset, length, in beats of one beat's pattern.
_USUAL: Final = {
    "melody": ((0.0, 0.95), (1.0, 0.45), (1.5, 0.45)),
    "harmony": ((0.0, 0.4), (0.5, 0.4), (1.0, 0.4), (1.5, 0.4)),
    "bass": ((0.0, 0.9), (1.0, 0.45), (1.5, 0.45)),
}
_USUAL_VELOCITY: Final = {"melody": 96, "harmony": 72, "bass": 96}


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of notes by role, with onsets counted from the start of the piece."""

    melody: tuple[Note, ...]
    harmony: tuple[Note, ...]
    bass: tuple[Note, ...]

    def of(self, role: str) -> tuple[Note, ...]:
        """Return a role's notes."""
        notes: tuple[Note, ...] = getattr(self, role)
        return notes


def play_slices(
    slices: NDArray[np.bool_],
    ending: Ending,
    parts: Mapping[str, Part],
    scale: frozenset[int],
    rng: np.random.Generator,
    bars: int,
    step_beats: float = 1.0,
) -> Lines:
    """Play generated slices in the seed's rhythm, in at most three voices.

    Parameters
    ----------
    slices
        Shape (steps, 88), none empty, the first beginning at `ending.start_beats`.
    parts
        The seed's voices, by role.
    scale
        Pitch classes that a melody may pass through off the beat.
    rng
        Chooses each bar's contour.
    bars
        How many to play; the slices reach to their end.
    """
    contours = rng.choice(_CONTOURS, size=bars, p=[0.4, 0.2, 0.2, 0.2])
    silent = [_is_silent(parts, ending, bar) for bar in range(ending.pattern_bars)]
    lines: dict[str, list[Note]] = {}
    for role in ("bass", "melody", "harmony"):
        line = _Line(role, parts[role], list(lines.values()), scale)
        for bar in range(bars):
            start = ending.start_beats + bar * ending.bar_beats
            lent = _lend(parts[role], ending, bar, silent=silent[bar % ending.pattern_bars])
            line.play_bar(lent, start, str(contours[bar]), slices, ending, step_beats)
        lines[role] = line.close(ending.start_beats + bars * ending.bar_beats)
    return Lines(tuple(lines["melody"]), tuple(lines["harmony"]), tuple(lines["bass"]))


def _is_silent(parts: Mapping[str, Part], ending: Ending, bar: int) -> bool:
    """Whether the bar of the seed that bar `bar` is played in is a rest in every part."""
    start = ending.pattern_start(bar)
    end = start + ending.bar_beats
    return not any(
        note.onset_beats >= start - 1e-6 or note.end_beats > start + _RINGING_BEATS
        for part in parts.values()
        for note in part.between(ending.pattern_start(0), end)
    )


def _lend(part: Part, ending: Ending, bar: int, *, silent: bool) -> list[Note]:
    """Return a bar's notes of the seed, onsets counted from its bar line.

    Where the whole seed rests, and in parts it does not have, the notes are usual ones.
    """
    start = ending.pattern_start(bar)
    pattern = part.between(ending.pattern_start(0), ending.pattern_end)
    if silent or not pattern:
        return _usual_bar(part, ending)
    return [
        Note(note.onset_beats - start, note.duration_beats, note.pitch, note.velocity)
        for note in part.between(start, start + ending.bar_beats)
    ]


def _usual_bar(part: Part, ending: Ending) -> list[Note]:
    middle = (part.low + part.high) // 2
    velocity = _USUAL_VELOCITY[part.role]
    pattern = _USUAL[part.role]
    notes = []
    for pair in np.arange(0, ending.bar_beats, 2.0):
        for index, (onset, length) in enumerate(pattern):
            if pair + onset < ending.bar_beats - 1e-6:
                pitch = middle + (index % 2) * 4
                notes.append(Note(float(pair + onset), length, pitch, velocity))
    return notes


class _Line:
    """One voice as it is written, note by note."""

    def __init__(
        self, role: str, part: Part, others: list[list[Note]], scale: frozenset[int]
    ) -> None:
        self._role = role
        self._part = part
        self._scale = scale if role == "melody" else frozenset()
        self._others = others
        self._onsets = [[note.onset_beats for note in line] for line in others]
        self._notes: list[Note] = []
        self._last = part.notes[-1].pitch if part.notes else (part.low + part.high) // 2

    def play_bar(
        self,
        lent: list[Note],
        start: float,
        contour: str,
        slices: NDArray[np.bool_],
        ending: Ending,
        step_beats: float,
    ) -> None:
        centre = float(np.mean([note.pitch for note in lent])) if lent else 0.0
        before: int | None = None
        anchor: tuple[int, int, int] | None = None  # root, lent pitch and our pitch
        for note in lent:
            onset = start + note.onset_beats
            index, into = divmod((onset - ending.start_beats) / step_beats + 1e-6, 1.0)
            here = min(int(index), len(slices) - 1)
            prices = _prices(slices[here])
            if into > _OFF_BEAT and note.duration_beats <= _PASSING_BEATS:
                passing = _prices(slices[min(here + 1, len(slices) - 1)])
                prices = dict.fromkeys(self._scale, _PASSING) | (
                    dict.fromkeys(passing, _EARLY) | prices
                )
            exact = {int(pitch) + PITCH_LOW for pitch in np.flatnonzero(slices[here])}
            root = min(exact) % 12
            aim = {
                "as lent": float(note.pitch),
                "mirrored": 2 * centre - note.pitch,
                "higher": float(note.pitch + _MOVED),
                "lower": float(note.pitch - _MOVED),
            }[contour]
            anchored = False
            if self._role == "bass":
                anchored = anchor is None or anchor[0] != root
                aim = float(note.pitch)
                if anchor is not None and not anchored:
                    aim = float(note.pitch - anchor[1] + anchor[2])
                    aim -= 12 * (aim > self._part.high + _REACH)
                    aim += 12 * (aim < self._part.low)
            repeats = before == note.pitch
            before = note.pitch
            where = _Place(prices, exact, aim, note, onset, repeats, _ANCHOR if anchored else 0.0)
            pitch = self._choose(where)
            if anchored:
                anchor = (root, note.pitch, pitch)
            self._notes.append(Note(onset, note.duration_beats, pitch, note.velocity))
            self._last = pitch

    def close(self, end: float) -> list[Note]:
        """End every note where the next begins, and the last with the piece."""
        notes = []
        for note, following in zip_longest(self._notes, self._notes[1:]):
            until = following.onset_beats if following else end
            length = min(note.duration_beats, until - note.onset_beats)
            if length >= _SHORTEST_BEATS:
                notes.append(Note(note.onset_beats, length, note.pitch, note.velocity))
        return notes

    def _choose(self, at: "_Place") -> int:
        root = min(at.exact) % 12
        bass = self._role == "bass"
        heard = list(chain(*self._heard(at.onset, at.onset + _SHORTEST_BEATS)))
        stale = _STALE_BASS if bass else _STALE
        recent = [note.pitch for note in self._notes[-_STALE_NOTES:]]

        def cost(pitch: int) -> float:
            step = abs(pitch - self._last)
            value = at.prices[pitch % 12] + 0.6 * abs(pitch - at.aim)
            if not bass or at.anchor:  # within its figure the bass leaps as the seed's does
                value += 0.3 * step + _LEAP * max(0, step - _LARGEST_STEP)
                value += 0.0 if pitch in at.exact else _OTHER_OCTAVE
            if bass:
                value += _FROM_ROOT + at.anchor if pitch % 12 != root else 0.0
            if not (bass and pitch % 12 == root):
                value += _REPEATED if (step == 0) != at.repeats else 0.0
                value += 0.0 if at.repeats else stale * recent.count(pitch)
            for other in heard:
                value += _CLASH if (pitch - other) % 12 in (1, 11) else 0.0
            return value

        return min(self._candidates(at), key=lambda pitch: (cost(pitch), pitch))

    def _candidates(self, at: "_Place") -> list[int]:
        """Return the pitches that keep the voices in order, as far as there are any."""
        low, high = self._part.low, self._part.high
        if self._role == "bass" and not at.anchor:
            high += _REACH
        heard = self._heard(at.onset, at.onset + at.note.duration_beats)
        floor = max(heard[0], default=0) + 1 if heard else 0
        ceiling = min(heard[1], default=128) - 1 if len(heard) > 1 else 127
        room = _ROOM if self._role == "melody" else 0
        # A voice leaves its range rather than its place among the others.
        for lowest, highest in (
            (max(low, floor + room), min(high, ceiling)),
            (floor + room, min(high + room, ceiling)),
            (max(low, floor), min(high, ceiling)),
            (floor, min(ceiling, high + 12)),
            (low - 12, ceiling),
            (low, high),
        ):
            span = range(max(lowest, PITCH_LOW), min(highest, PITCH_HIGH) + 1)
            found = [pitch for pitch in span if pitch % 12 in at.prices]
            if found:
                return found
        return [min(at.exact)]

    def _heard(self, start: float, end: float) -> list[list[int]]:
        """Return what each voice written before sounds between two moments."""
        heard = []
        for line, onsets in zip(self._others, self._onsets, strict=True):
            first = max(0, bisect_right(onsets, start + 1e-6) - 1)
            last = bisect_right(onsets, end - 1e-6)
            heard.append([n.pitch for n in line[first:last] if n.end_beats > start + 1e-6])
        return heard


@dataclass(frozen=True, slots=True)
class _Place:
    """What a note's pitch depends on.

    Attributes
    ----------
    prices
        Pitch classes to choose from, and what they cost.
    exact
        The slice's own pitches.
    aim
        The pitch that the contour asks for.
    note, onset
        The lent note, and where it is played.
    repeats
        Whether the lent note is the one before again.
    anchor
        What leaving the root costs more than usual.
    """

    prices: dict[int, float]
    exact: set[int]
    aim: float
    note: Note
    onset: float
    repeats: bool
    anchor: float


def _prices(pitches: NDArray[np.bool_]) -> dict[int, float]:
    """Return the pitch classes of a slice, each free of charge."""
    return {int(pitch + PITCH_LOW) % 12: 0.0 for pitch in np.flatnonzero(pitches)}
