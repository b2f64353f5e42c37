"""Finds the figures of a seed: its accompanying parts, which go on as they are on other chords."""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chipgen.music.played_notes import with_pedals
from chipgen.music.score import Note
from chipgen.rows.prompt import CompletedPrompt, Prompt
from chipgen.rows.seed_lines import ROLES
from chipgen.understand.ending import Ending
from chipgen.understand.roles import RolePart

_GRID: Final = 12  # places in a beat on which rhythms are compared
_LEAST_SHARE: Final = 0.6  # of the bars that show a figure which is shown before
_FEWEST_BARS: Final = 2
_ECHOES: Final = (3, 4, 6, 9, 8, 12, 18, 24)  # places that an echo comes late
_DOUBLES: Final = 0.6  # of a part's notes that another line strikes, too
_TOGETHER: Final = 0.8  # of the notes of parts that are one chord


@dataclass(frozen=True, slots=True)
class Figure:
    """A part of the seed that accompanies.

    Attributes
    ----------
    track
        Its track.
    notes
        All that it plays, sorted.
    is_line
        Whether its notes sound one at a time.
    roles
        ``"harmony"`` or ``"bass"`` if voices of the chip play it.
    is_fixed
        Whether its pitches mean nothing: a sound effect.
    low, high
        Its range.
    """

    track: int
    notes: tuple[Note, ...]
    is_line: bool
    roles: frozenset[str]
    is_fixed: bool
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Double:
    """A part that doubles a composed line.

    Attributes
    ----------
    track
        Its track.
    role
        The line: ``"melody"``, ``"harmony"`` or ``"bass"``.
    semitones
        How far above it; octaves.
    delay_beats
        How much later: an echo.
    """

    track: int
    role: str
    semitones: int
    delay_beats: float = 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What of a seed is played on by figures, and what doubles its lines."""

    figures: tuple[Figure, ...]
    doubles: tuple[Double, ...]

    @property
    def roles(self) -> frozenset[str]:
        """The lines that figures play, so that no composed voice does."""
        return frozenset().union(*(figure.roles for figure in self.figures))


def find_figures(prompt: Prompt) -> Figures:
    """Find the accompanying parts of ordinary MIDI.

    What the chip's first pulse plays is a tune, and composed. A second voice or a bass that is a
    line of its own is composed, too; one that is chords, or plays one figure again and again, is
    not. All others have no voice of the chip and are figures, or double a line.
    """
    if prompt.is_voiced:
        return Figures((), ())
    ending = prompt.ending
    added = set(prompt.owners.values()) if isinstance(prompt, CompletedPrompt) else set()
    parts = [part for part in prompt.parts.roles.parts if part.track not in added]
    owners = _owners(prompt, parts)
    composed = {
        role: number
        for role, number in owners.items()
        if role == "melody"
        or (parts[number].is_line and not _is_figure(_recent(prompt, parts[number]), ending))
    }
    figures: list[Figure] = []
    doubles: list[Double] = []
    for number, part in enumerate(parts):
        if number in composed.values():
            continue
        notes = _recent(prompt, part)
        roles = frozenset(role for role, owner in owners.items() if owner == number)
        doubled = None if roles else _doubled(prompt, part, notes, composed)
        if doubled is not None:
            doubles.append(doubled)
            continue
        track = _pedalled(prompt, part.track)
        whole = sorted(track[index] for index in part.notes)
        pitches = [note.pitch for note in notes or whole]
        figures.append(
            Figure(
                part.track, tuple(whole), part.is_line, roles, part.role == "effect",
                min(pitches), max(pitches),
            )
        )  # fmt: skip
    return Figures(_merged(figures), tuple(doubles))


def _pedalled(prompt: Prompt, track: int) -> tuple[Note, ...]:
    """Return a track's notes as its pedals hold them, at most to where a chord may change."""
    ending, own = prompt.ending, prompt.seed.tracks[track].notes
    half = ending.bar_beats / 2
    found = []
    for note, held in zip(own, with_pedals(prompt.seed, track), strict=True):
        change = ending.start_beats + half * math.ceil(
            (note.end_beats - ending.start_beats) / half - 1e-6
        )
        end = max(note.end_beats, min(held.end_beats, change))
        found.append(replace(note, duration_beats=end - note.onset_beats))
    return tuple(found)


def _merged(figures: Sequence[Figure]) -> tuple[Figure, ...]:
    """Return figures with those of one track that are struck together as one: chords."""
    found: list[Figure] = []
    for figure in figures:
        at = next((k for k, other in enumerate(found) if _is_chord(figure, other)), None)
        if at is None:
            found.append(figure)
            continue
        other = found[at]
        found[at] = Figure(
            figure.track, tuple(sorted((*other.notes, *figure.notes))), False,
            other.roles | figure.roles, other.is_fixed and figure.is_fixed,
            min(other.low, figure.low), max(other.high, figure.high),
        )  # fmt: skip
    return tuple(found)


def _is_chord(one: Figure, other: Figure) -> bool:
    """Whether two figures are played by one track at the same time."""
    if one.track != other.track:
        return False
    places = [{_place(note) for note in figure.notes} for figure in (one, other)]
    return len(places[0] & places[1]) >= _TOGETHER * max(map(len, places))


def _recent(prompt: Prompt, part: RolePart) -> list[Note]:
    """Return the notes of a part in the bars that are carried on."""
    begin, end = prompt.ending.pattern_start(0) - 1e-6, prompt.ending.pattern_end - 1e-6
    notes = (prompt.seed.tracks[part.track].notes[index] for index in part.notes)
    return sorted(note for note in notes if begin <= note.onset_beats < end)


def _by_bar(notes: Sequence[Note], ending: Ending) -> dict[int, list[Note]]:
    bars: dict[int, list[Note]] = {}
    for note in notes:
        at = (note.onset_beats - ending.pattern_start(0) + 1e-3) / ending.bar_beats
        bars.setdefault(int(at), []).append(note)
    return bars


def _owners(prompt: Prompt, parts: Sequence[RolePart]) -> dict[str, int]:
    """Return the lines that the chip's voices play, and the numbers of the parts they are."""
    begin = prompt.ending.pattern_start(0) - 1e-6
    found: dict[str, int] = {}
    for role in ROLES:
        line = prompt.lines[role]
        struck = {(_place(n), n.pitch % 12) for n in line.notes if n.onset_beats >= begin}
        shares = {
            number: sum((_place(n), n.pitch % 12) in struck for n in _recent(prompt, part))
            for number, part in enumerate(parts)
            if part.track == line.track and number != found.get("melody")
        }
        best = max(shares, key=lambda number: shares[number], default=None)
        if best is not None and shares[best]:
            found[role] = best
    return found


def _is_figure(notes: Sequence[Note], ending: Ending) -> bool:
    """Whether a line plays the same figure bar by bar: its rhythm, and which notes are higher."""
    bars = _by_bar(notes, ending)
    if len(bars) < _FEWEST_BARS:
        return False
    shapes = Counter(_shape(bar, ending) for bar in bars.values())
    return sum(count for count in shapes.values() if count > 1) >= _LEAST_SHARE * len(bars)


def _shape(bar: Sequence[Note], ending: Ending) -> tuple[tuple[int, int], ...]:
    places = [
        round((note.onset_beats - ending.pattern_start(0)) % ending.bar_beats * _GRID)
        for note in bar
    ]
    order = sorted({note.pitch for note in bar})
    return tuple((place, order.index(n.pitch)) for place, n in zip(places, bar, strict=True))


def _doubled(
    prompt: Prompt, part: RolePart, notes: Sequence[Note], roles: Collection[str]
) -> Double | None:
    """Return which of some lines a part doubles, in octaves, unison or as an echo, if it does."""
    for role in roles:
        line = {_place(note): note.pitch for note in prompt.lines[role].notes}
        for delay in (0, *_ECHOES):
            pairs = [(note, line.get(_place(note) - delay)) for note in notes]
            apart = Counter(note.pitch - pitch for note, pitch in pairs if pitch is not None)
            same = [(count, semitones) for semitones, count in apart.items() if not semitones % 12]
            if same and sum(count for count, _ in same) >= _DOUBLES * len(notes):
                return Double(part.track, role, max(same)[1], delay / _GRID)
    return None


def _place(note: Note) -> int:
    return round(note.onset_beats * _GRID)
