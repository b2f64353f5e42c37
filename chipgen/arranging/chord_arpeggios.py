"""Plays the notes that no line took as single notes or arpeggiated chords of one voice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from chipgen.music.played_notes import PlayedNote
from chipgen.understand.melody_bass_search import cluster_onsets

MOST_IN_CHORD: Final = 6  # more steps than this no longer sound as one chord
SLOW_S: Final = 0.3  # notes at least this long carry the chord that sounds on beneath them
LEAST_PART_S: Final = 0.05  # three frames, the shortest note of a broken chord that has a pitch
REST_CHORD_S: Final = 0.25  # least time of a slow chord's arpeggio before it rests on one note
AFTER_ATTACK_S: Final = 0.15  # how long it continues once its instrument has reached its peak
TURNS: Final = 2  # how often every note of the chord is heard at least


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one voice.

    Attributes
    ----------
    start_s, end_s
        When it sounds.
    members
        Positions of the notes that sound in it; the first carries it.
    fresh
        Those of them that begin here.
    rests_after_s
        How long its arpeggio runs before it rests on the carrier; None: to the end.
    """

    start_s: float
    end_s: float
    members: tuple[int, ...]
    fresh: tuple[int, ...]
    rests_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class ChordTiming:
    """What decides how long a slow chord's arpeggio runs.

    Attributes
    ----------
    step_s
        How long each note of it lasts.
    up_and_down
        Whether the inner notes come twice in a turn.
    attack_s
        By track, how long its instrument takes to reach its peak.
    """

    step_s: float = 2.0 / 60.0
    up_and_down: bool = False
    attack_s: Mapping[int, float] = field(default_factory=dict)

    def rests_after_s(self, track: int, count: int) -> float:
        """Return the time of an arpeggio of `count` notes on the instrument of a track.

        Examples
        --------
        >>> ChordTiming().rests_after_s(0, 3), ChordTiming(5 / 60).rests_after_s(0, 6)
        (0.25, 1.0)
        """
        turn = 2 * count - 2 if self.up_and_down else count
        after_attack_s = self.attack_s.get(track, 0.0) + AFTER_ATTACK_S
        return max(REST_CHORD_S, TURNS * turn * self.step_s, after_attack_s)


def build_segments(
    notes: Sequence[PlayedNote],
    positions: Sequence[int],
    poly: str,
    timing: ChordTiming,
    *,
    low: bool = False,
) -> tuple[list[Segment], dict[int, str]]:
    """Lay the given notes one after the other into a single voice.

    Parameters
    ----------
    notes
        All notes, sorted by onset.
    positions
        Which of them are meant, in order.
    poly
        One of `POLY_CHOICES`.
    timing
        How long the arpeggios of slow chords run.
    low
        Whether the lowest note of a chord carries it, as on the triangle, instead of the highest.

    Returns
    -------
    segments
        In time order, none overlapping.
    lost
        Positions that no segment holds, with the reason.
    """
    own = [notes[k] for k in positions]
    clusters = [[positions[i] for i in cluster] for cluster in cluster_onsets(own)]
    segments: list[Segment] = []
    lost: dict[int, str] = {}
    for at, cluster in enumerate(clusters):
        start_s = notes[cluster[0]].start_s
        next_s = notes[clusters[at + 1][0]].start_s if at + 1 < len(clusters) else float("inf")
        if segments and segments[-1].end_s > start_s:
            if poly == "hold":
                lost.update(dict.fromkeys(cluster, "another note of the voice is held"))
                continue
            held = _held(notes, segments[-1], start_s)
            segments[-1] = _end_at(segments[-1], start_s)
        else:
            held = []
        fresh = _choose(notes, cluster, lost, low=low)
        if poly in ("newest", "hold"):
            lost.update(dict.fromkeys(fresh[1:], "no voice is free for the chord's inner notes"))
            segments.append(_segment(notes, fresh[:1], fresh[:1], None))
        elif poly == "split":
            segments += _break_chord(notes, fresh, next_s, lost)
        else:
            shortest_s = min(notes[k].end_s - notes[k].start_s for k in fresh)
            carried = [k for k in held if shortest_s >= SLOW_S][: MOST_IN_CHORD - len(fresh)]
            slow = timing if poly == "auto" else None
            segments.append(_segment(notes, [*fresh, *carried], fresh, slow))
    return [segment for segment in segments if segment.end_s > segment.start_s], lost


def _choose(
    notes: Sequence[PlayedNote], cluster: Sequence[int], lost: dict[int, str], *, low: bool
) -> list[int]:
    """Return at most `MOST_IN_CHORD` of the notes that begin together, the carrier first."""
    sign = 1 if low else -1
    by_pitch: dict[int, int] = {}
    for k in sorted(cluster, key=lambda k: (sign * notes[k].pitch, k)):
        if by_pitch.setdefault(notes[k].pitch, k) != k:
            lost[k] = "unison"
    chosen = list(by_pitch.values())
    if len(chosen) > MOST_IN_CHORD:  # notes whose octave is in the chord are dropped first
        classes: dict[int, int] = {}
        for k in chosen:
            classes.setdefault(notes[k].pitch % 12, k)
        colours = list(classes.values())
        doublings = [k for k in chosen if k not in colours]
        for k in [*colours, *doublings][MOST_IN_CHORD:]:
            too_many = f"a chord of more than {MOST_IN_CHORD} notes"
            lost[k] = "octave" if k in doublings else too_many
        chosen = [k for k in chosen if k not in lost]
    return chosen


def _held(notes: Sequence[PlayedNote], segment: Segment, now_s: float) -> list[int]:
    """Return members of a segment that go on long enough to belong to the next chord."""
    return [k for k in segment.members if notes[k].end_s - now_s >= SLOW_S]


def _end_at(segment: Segment, end_s: float) -> Segment:
    return Segment(segment.start_s, end_s, segment.members, segment.fresh, segment.rests_after_s)


def _segment(
    notes: Sequence[PlayedNote],
    members: Sequence[int],
    fresh: Sequence[int],
    timing: ChordTiming | None,
) -> Segment:
    start_s = min(notes[k].start_s for k in fresh)
    end_s = max(notes[k].end_s for k in members)
    rests_after_s = None
    if timing is not None and len(members) > 1:
        turns_s = timing.rests_after_s(notes[members[0]].track, len(members))
        if end_s - start_s > turns_s + REST_CHORD_S:
            rests_after_s = turns_s
    return Segment(start_s, end_s, tuple(members), tuple(fresh), rests_after_s)


def _break_chord(
    notes: Sequence[PlayedNote], fresh: Sequence[int], next_s: float, lost: dict[int, str]
) -> list[Segment]:
    """Play a chord's notes one after the other, from the lowest, in equal parts."""
    start_s = min(notes[k].start_s for k in fresh)
    end_s = min(next_s, max(notes[k].end_s for k in fresh))
    count = max(1, min(len(fresh), int((end_s - start_s) / LEAST_PART_S + 1e-9)))
    for k in fresh[count:]:
        lost[k] = "the chord is too short to be broken"
    part_s = (end_s - start_s) / count
    return [
        Segment(start_s + i * part_s, start_s + (i + 1) * part_s, (k,), (k,))
        for i, k in enumerate(reversed(fresh[:count]))
    ]
