"""Finds the melody line or the bass line of any notes, by a search over time."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from chipgen.music.played_notes import PlayedNote

CHORD_SPREAD_S: Final = 0.025  # notes of a chord struck by hand come this close together


# Costs; see docs/arranging.md.
INNER: Final = 1.5  # a note of the line is not the outermost of those that begin with it
INNER_PER_SEMITONE: Final = 0.08
COVERED: Final = 1.0  # a note further out still sounds
LEAP_PER_SEMITONE: Final = 0.05
REST_PER_SEMITONE: Final = 0.12  # a note that the line passes over, by how near it lies to the line
PASS_OVER_OUTER: Final = 4.0  # the line passes over a note further out than all that sounds
BREAK: Final = 5.0  # the line passes over a note of a track that is a single line itself
CUT: Final = 2.5  # a note of the line is cut before half its length
TRACK_CHANGE: Final = 1.0  # the line goes over to another track
JOIN: Final = 2.0  # … in the middle of a phrase of it, whose beginning another voice has
LONE: Final = 4.0  # the line rests where a phrase begins that sounds alone above the bass
PHRASE_REST_S: Final = 0.5  # silence of a track that ends its phrase
FAR: Final = 12.0  # semitones off the line's own register at which passing over costs nothing
_Link: TypeAlias = "tuple[int, _Link] | None"

_BEAM: Final = 6
_CANDIDATES: Final = 3


def cluster_onsets(notes: Sequence[PlayedNote]) -> list[list[int]]:
    """Group positions of notes that begin together, within `CHORD_SPREAD_S` of the first.

    Parameters
    ----------
    notes
        Sorted by onset.
    """
    clusters: list[list[int]] = []
    first_s = -1.0
    for k, note in enumerate(notes):
        if not clusters or note.start_s - first_s > CHORD_SPREAD_S:
            clusters.append([])
            first_s = note.start_s
        clusters[-1].append(k)
    return clusters


def find_line(
    notes: Sequence[PlayedNote],
    clusters: Sequence[Sequence[int]],
    costs: Mapping[int, float],
    *,
    bass: bool,
    taken: frozenset[int] = frozenset(),
) -> list[int]:
    """Find the line that is heard as the melody, or as the bass.

    At every onset the line takes one of the notes that begin there or passes over them; the choice
    with the least sum of costs wins, by beam search over the last note of the line.

    Parameters
    ----------
    notes
        Sorted by onset.
    clusters
        As `cluster_onsets` groups them.
    costs
        What it costs to take a note of a track; 0 for the likeliest.
    bass
        Search from below instead of from above.
    taken
        Positions that the line may not use.

    Returns
    -------
    list of int
        Positions of the line's notes, in order.
    """
    sign = -1 if bass else 1
    height = [sign * note.pitch for note in notes]
    extra = [costs[note.track] for note in notes]
    single = find_single_lines(notes)
    alone = len({note.track for note in notes}) == 1
    begins = _phrase_starts(notes, clusters)
    sounding: list[int] = []
    centre = _register(height, clusters, taken)
    # a state: last note (or -1) → (cost, state before it)
    states: list[tuple[float, int, _Link]] = [(0.0, -1, None)]
    for cluster in clusters:
        now_s = notes[cluster[0]].start_s
        fresh = [k for k in cluster if k not in taken]
        sounding = [k for k in sounding if notes[k].end_s > now_s + CHORD_SPREAD_S]
        if not fresh:
            continue
        outermost = max(height[k] for k in fresh)
        cover = max((height[k] for k in sounding), default=-999)
        lone = not bass and _is_lone({height[k] for k in (*fresh, *sounding)}, bool(taken))
        unary = []
        for k in fresh:
            cost = 0.0
            if height[k] < outermost:
                cost += INNER + INNER_PER_SEMITONE * (outermost - height[k])
            if height[k] < cover:
                cost += COVERED
            unary.append((cost + extra[k], cost, k))
        unary.sort()
        pass_over = max(0.0, REST_PER_SEMITONE * (FAR + outermost - centre))
        pass_over = max(0.2, pass_over - min(extra[k] for k in fresh))
        outer = outermost > cover
        new_states: dict[int, tuple[float, int, _Link]] = {}
        for cost, last, trail in states:
            holds = last >= 0 and notes[last].end_s > now_s + CHORD_SPREAD_S
            if holds and height[last] >= outermost:
                skip = cost
            elif any(notes[k].track in single and _goes_on(notes, k, last, alone) for k in fresh):
                skip = cost + BREAK
            else:
                skip = cost + min(PASS_OVER_OUTER, pass_over) * (1.0 if outer else 0.5)
            if lone and any(k in begins and height[k] == outermost > cover for k in fresh):
                skip += LONE
            _keep_best(new_states, skip, last, trail)
            for _, own, k in unary[:_CANDIDATES]:
                step = cost + own
                same = last >= 0 and notes[k].track == notes[last].track
                if not (lone and (same or k in begins)):  # alone, it need not be like a melody
                    step += extra[k]
                if not (same or alone or k in begins):
                    step += JOIN
                if last >= 0:
                    step += LEAP_PER_SEMITONE * abs(height[k] - height[last])
                    if notes[k].track != notes[last].track:
                        step += TRACK_CHANGE
                    left_s = notes[last].end_s - now_s
                    if left_s > 0.5 * (notes[last].end_s - notes[last].start_s):
                        step += CUT * (1.0 if height[last] > height[k] else 0.3)
                _keep_best(new_states, step, k, (k, trail))
        states = sorted(new_states.values(), key=lambda state: (state[0], state[1]))[:_BEAM]
        sounding += fresh
    line: list[int] = []
    link = states[0][2]
    while link is not None:
        line.append(link[0])
        link = link[1]
    return line[::-1]


def find_single_lines(notes: Sequence[PlayedNote]) -> frozenset[int]:
    """Return the tracks that never sound two notes at once, but for legato's small overlaps."""
    together: dict[int, bool] = {}
    latest_s: dict[int, float] = {}
    for note in notes:
        track, end_s = note.track, latest_s.get(note.track, -1.0)
        together[track] = together.get(track, False) or note.start_s < end_s - 0.03
        latest_s[track] = max(end_s, note.end_s)
    return frozenset(track for track, chords in together.items() if not chords)


def _phrase_starts(
    notes: Sequence[PlayedNote], clusters: Sequence[Sequence[int]]
) -> frozenset[int]:
    """Return the notes before which their track has rested, or not played at all."""
    begins: set[int] = set()
    ends_s: dict[int, float] = {}
    for cluster in clusters:
        begins.update(
            k
            for k in cluster
            if notes[k].start_s - ends_s.get(notes[k].track, -PHRASE_REST_S) >= PHRASE_REST_S
        )
        for k in cluster:
            track = notes[k].track
            ends_s[track] = max(ends_s.get(track, 0.0), notes[k].end_s)
    return frozenset(begins)


def _is_lone(heights: set[int], bass_is_known: bool) -> bool:
    """Return whether one pitch alone sounds above the bass, which is among them if not known."""
    return len(heights) == (1 if bass_is_known else 2)


def _goes_on(notes: Sequence[PlayedNote], k: int, last: int, alone: bool) -> bool:
    return alone or (last >= 0 and notes[k].track == notes[last].track)


def _keep_best(
    states: dict[int, tuple[float, int, _Link]],
    cost: float,
    last: int,
    trail: _Link,
) -> None:
    known = states.get(last)
    if known is None or cost < known[0]:
        states[last] = (cost, last, trail)


def _register(
    height: Sequence[int], clusters: Sequence[Sequence[int]], taken: frozenset[int]
) -> float:
    """Return the mean height of the outermost notes, weighed over all onsets."""
    outer = [
        max(height[k] for k in cluster if k not in taken)
        for cluster in clusters
        if any(k not in taken for k in cluster)
    ]
    return sum(outer) / len(outer) if outer else 0.0
