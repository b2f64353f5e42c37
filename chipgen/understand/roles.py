"""Finds the role of every note of a score."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chipgen.music.played_notes import PlayedNote
from chipgen.music.score import Score
from chipgen.understand.melody_bass_search import CHORD_SPREAD_S, cluster_onsets, find_line
from chipgen.understand.programs import EFFECTS
from chipgen.understand.role_evidence import Evidence, find_doubles, measure_streams
from chipgen.understand.role_weights import (
    BASS_LEAST,
    DRONE_S,
    TOP,
    Weights,
    find_only_lead,
    weigh_streams,
)
from chipgen.understand.streams import Stream, find_streams
from chipgen.understand.tunes import find_tunes

ROLES: Final = ("tune", "bass", "counter", "harmony", "drone", "double", "effect")

_SECOND_SHARE: Final = 0.6  # of a tune's notes have one under them
_SECOND_CHORDS: Final = 1.5  # notes under it at a time, at most; more are chords
_HOLLOW: Final = (0, 5, 7)  # semitones under the tune, octaves aside: octaves and power chords
_HOLLOW_SHARE: Final = 0.6  # of the notes under a tune
_HOLLOW_WEIGHT: Final = -1.0  # of such a line: most others go first


@dataclass(frozen=True, slots=True)
class RolePart:
    """Notes of one track that play one role.

    Attributes
    ----------
    role
        One of `ROLES`.
    track
        Position in `Score.tracks`.
    notes
        Indices into the track's notes, in order of onset.
    confidence
        How much likelier the role is than the next best, 0–1.
    weight
        How like a tune it is, or for a bass how like a bass; parts of one role are sorted by it.
    is_line
        Whether its notes sound one at a time.
    reasons
        What counted most, in words.
    """

    role: str
    track: int
    notes: tuple[int, ...]
    confidence: float
    weight: float
    is_line: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Roles:
    """Who plays what.

    Attributes
    ----------
    parts
        Every pitched note is in one of them; sorted by role as in `ROLES`, then by weight, the
        greatest first.
    """

    parts: tuple[RolePart, ...]

    def of(self, role: str) -> tuple[RolePart, ...]:
        """Return the parts of one role."""
        return tuple(part for part in self.parts if part.role == role)

    def role_of(self) -> dict[tuple[int, int], RolePart]:
        """Return for (track, index) of every note the part that it is in."""
        return {(part.track, index): part for part in self.parts for index in part.notes}


def find_roles(score: Score, notes: Sequence[PlayedNote]) -> Roles:
    """Find who plays what.

    Parameters
    ----------
    score
        The piece, for names and programs.
    notes
        What its pitched tracks play, sorted by onset, then from the highest down.

    Returns
    -------
    Roles
        A role for every one of these notes.
    """
    streams = find_streams(notes)
    evidence = measure_streams(streams)
    weights = weigh_streams(score, streams, evidence)
    effects = {k for k, s in enumerate(streams) if score.tracks[s.track].program in EFFECTS}
    heard = [k for k in range(len(streams)) if k not in effects]
    low = _find_low(streams, weights, heard)
    # The higher of two octaves is the highest all the time: for which one is kept that counts half.
    lead = find_only_lead(score, streams)
    by_tune = sorted(
        heard,
        key=lambda k: (
            streams[k].track != lead, TOP / 2 * evidence[k].top_share - weights[k].tune, k
        ),
    )  # fmt: skip
    doubles = find_doubles(streams, [k for k in by_tune if k not in low])
    doubles |= find_doubles(streams, sorted(low, key=lambda k: (-weights[k].bass, k)))
    kept = [k for k in range(len(streams)) if k not in doubles]
    if doubles and len(kept) > 1:  # what a double lies above or below of is no less outermost
        own_evidence = measure_streams([streams[k] for k in kept])
        own_weights = weigh_streams(score, [streams[k] for k in kept], own_evidence)
        for k, measured, weighed in zip(kept, own_evidence, own_weights, strict=True):
            evidence[k], weights[k] = measured, weighed
        low = _find_low(streams, weights, heard)
    order = sorted(heard, key=lambda k: (-weights[k].tune, k))
    basses = low - set(doubles)
    tunes = find_tunes(streams, weights, [k for k in order if k not in low and k not in doubles])
    leads = {k for k in order if streams[k].track == lead and k not in low and k not in doubles}
    tunes |= leads  # of other tunes the best goes before
    parts: list[RolePart] = []
    rest: list[tuple[Stream, Weights, Evidence, tuple[PlayedNote, ...]]] = []
    for k, (stream, weight, own) in enumerate(zip(streams, weights, evidence, strict=True)):
        if k in effects:
            parts.append(_part("effect", stream, stream.notes, weight.tune, weight))
        elif k in doubles:
            parts.append(_part("double", stream, stream.notes, weight.tune, weight))
        elif k in basses:
            parts.append(_part("bass", stream, stream.notes, weight.bass, weight))
        elif k in tunes:
            line, others = _top_line(stream) if k in leads else _upper_line(stream)
            parts.append(_part("tune", stream, line, weight.tune, weight, is_line=True))
            second, is_hollow = _second_line(line, others)
            if second:
                own_weight = _HOLLOW_WEIGHT if is_hollow else weight.tune
                parts.append(_part("counter", stream, second, own_weight, weight, is_line=True))
                gone = set(second)
                others = tuple(note for note in others if note not in gone)
            if others:
                rest.append((stream, weight, own, others))
        else:
            rest.append((stream, weight, own, stream.notes))
    rest = _take_bass(parts, rest, has_bass=bool(basses))
    for stream, weight, own, notes in rest:
        role = "counter" if stream.is_line else "harmony"
        if own.held_s >= DRONE_S:
            role = "drone"
        parts.append(_part(role, stream, notes, weight.tune, weight))
    parts.sort(key=lambda part: (ROLES.index(part.role), -part.weight, part.track, part.notes[0]))
    return Roles(tuple(parts))


def _find_low(
    streams: Sequence[Stream], weights: Sequence[Weights], heard: Sequence[int]
) -> set[int]:
    """Return the streams that are more like a bass than like a tune."""
    return {
        k for k in heard
        if weights[k].bass >= BASS_LEAST and weights[k].bass > weights[k].tune
        and (len(streams) > 1 or streams[k].is_line)
    }  # fmt: skip


def _part(
    role: str,
    stream: Stream,
    notes: Sequence[PlayedNote],
    weight: float,
    weights: Weights,
    *,
    is_line: bool | None = None,
) -> RolePart:
    margin = abs(weights.tune - weights.bass) if role in ("tune", "bass") else 1.0
    return RolePart(
        role,
        stream.track,
        tuple(sorted(note.index for note in notes)),
        margin / (1.0 + margin),
        weight,
        stream.is_line if is_line is None else is_line,
        weights.reasons(role),
    )


def _top_line(stream: Stream) -> tuple[tuple[PlayedNote, ...], tuple[PlayedNote, ...]]:
    """Split a stream into the highest note of each chord and what lies under it."""
    line: list[PlayedNote] = []
    for note in stream.notes:  # from the highest down where they begin together
        if not line or note.start_s - line[-1].start_s > CHORD_SPREAD_S:
            line.append(note)
        elif note.pitch > line[-1].pitch:
            line[-1] = note
    found = {note.index for note in line}
    return tuple(line), tuple(note for note in stream.notes if note.index not in found)


def _upper_line(stream: Stream) -> tuple[tuple[PlayedNote, ...], tuple[PlayedNote, ...]]:
    """Split a stream into its melody and what lies under it."""
    if stream.chord_share == 0.0:
        return stream.notes, ()
    found = set(
        find_line(stream.notes, cluster_onsets(stream.notes), {stream.track: 0.0}, bass=False)
    )
    line = tuple(note for k, note in enumerate(stream.notes) if k in found)
    return line, tuple(note for k, note in enumerate(stream.notes) if k not in found)


def _second_line(
    line: Sequence[PlayedNote], others: Sequence[PlayedNote]
) -> tuple[tuple[PlayedNote, ...], bool]:
    """Find the line that goes along under a tune, in thirds and sixths say.

    Returns
    -------
    second : tuple of PlayedNote
        Nothing if there is no such line.
    is_hollow : bool
        Whether it is in octaves or the fifths of power chords: colour rather than a second voice.
    """
    starts_s = [note.start_s for note in line]
    apart: list[int] = []  # semitones under the tune, octaves aside; −1 where it is not struck
    for note in others:
        at = bisect_right(starts_s, note.start_s + CHORD_SPREAD_S) - 1
        along = at >= 0 and note.start_s - starts_s[at] <= CHORD_SPREAD_S
        apart.append((line[at].pitch - note.pitch) % 12 if along else -1)
    pairs = list(zip(others, apart, strict=True))
    for beside in (pairs, [pair for pair in pairs if pair[1]]):  # with octaves, and without
        found: list[tuple[PlayedNote, int]] = []
        for note, below in beside:
            if below >= 0 and (not found or note.start_s - found[-1][0].start_s > CHORD_SPREAD_S):
                found.append((note, below))
        is_line = len(beside) <= _SECOND_CHORDS * len(found)
        if is_line and len(found) >= _SECOND_SHARE * len(line):
            hollow = sum(below in _HOLLOW for _, below in found)
            return tuple(note for note, _ in found), hollow >= _HOLLOW_SHARE * len(found)
    return (), False


def _take_bass(
    parts: list[RolePart],
    rest: list[tuple[Stream, Weights, Evidence, tuple[PlayedNote, ...]]],
    *,
    has_bass: bool,
) -> list[tuple[Stream, Weights, Evidence, tuple[PlayedNote, ...]]]:
    """Take the lowest remaining line as the bass, where no stream is one."""
    if has_bass or not rest:
        return rest
    pool = sorted(
        ((note, place) for place, (*_, notes) in enumerate(rest) for note in notes),
        key=lambda pair: (pair[0].start_s, -pair[0].pitch, pair[0].track, pair[0].index),
    )
    notes = [note for note, _ in pool]
    best = max(weight.bass for _, weight, _, _ in rest)
    costs: dict[int, float] = {}
    for stream, weight, _, _ in rest:
        costs[stream.track] = min(costs.get(stream.track, 99.0), best - weight.bass)
    line = set(find_line(notes, cluster_onsets(notes), costs, bass=True))
    taken: dict[int, list[PlayedNote]] = {}
    for k in line:
        taken.setdefault(pool[k][1], []).append(notes[k])
    left = []
    for place, (stream, weight, own, mine) in enumerate(rest):
        low = taken.get(place, [])
        if low:
            parts.append(_part("bass", stream, low, weight.bass, weight, is_line=True))
        gone = {note.index for note in low}
        others = tuple(note for note in mine if note.index not in gone)
        if others:
            left.append((stream, weight, own, others))
    return left
