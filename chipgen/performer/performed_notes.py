"""Reads how a voice's notes were played: what a score has beyond pitches on rows.

Notes are set out as the composer writes them, one at most on each row, and beside each how it was
played: ornaments, what sounded between two register writes, onset and end in frames, and the course
of its volume and timbre.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.nesmdb_dialect import midi_to_chip_level
from chipgen.music.score import NES_TRACKS, Score, Track
from chipgen.performer.timer_glitches import Glitch, glitch_pitch
from chipgen.rows.row_inference import NES_FRAME_HZ
from synth.chip.voices import EXPRESSION, SCORED, TIMBRE

FAR: Final = 64  # rows; rests and gaps are no longer
_INSTANT: Final = 0.1  # frames; a note that is shorter is no note
_SOON: Final = 1.2  # frames after an onset in which its volume is still being set
_EARLY: Final = 0.2  # frames before an onset at which its controls may be set
LEVEL_FRAMES: Final = (1.5, 3.5, 7.5, 15.5)  # where a note's volume is compared
_LOUDEST: Final = 15


@dataclass(frozen=True, slots=True, eq=False)
class WrittenNotes:
    """Notes of one voice as they are composed; vectors of one length, int64, sorted by row.

    Attributes
    ----------
    row, end_row
        Counted from the beginning of the seed.
    pitch
        MIDI pitch, or noise period 1–16.
    level, timbre
        Volume 1–15 and CC12 at the onset.
    frames
        Length of the row of the onset in NES frames.
    others
        Which voices begin a note on the row, a bit each.
    """

    row: NDArray[np.int64]
    end_row: NDArray[np.int64]
    pitch: NDArray[np.int64]
    level: NDArray[np.int64]
    timbre: NDArray[np.int64]
    frames: NDArray[np.int64]
    others: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.row)

    def columns(self) -> tuple[NDArray[np.int64], ...]:
        """Return all vectors, in the order of the attributes."""
        return (
            self.row, self.end_row, self.pitch, self.level, self.timbre, self.frames, self.others,
        )  # fmt: skip

    def take(self, which: slice) -> "WrittenNotes":
        """Return some of the notes."""
        return WrittenNotes(*(column[which] for column in self.columns()))

    def then(self, more: "WrittenNotes") -> "WrittenNotes":
        """Return these notes and more behind them."""
        pairs = zip(self.columns(), more.columns(), strict=True)
        return WrittenNotes(*(np.concatenate(pair) for pair in pairs))


@dataclass(frozen=True, slots=True)
class Ornament:
    """A short note on the row of a longer one.

    Attributes
    ----------
    after
        Frames from the longer note's onset, negative before it.
    frames
        How long it lasts.
    interval
        Semitones, or noise periods, from the longer note.
    repeats
        Whether it is at the pitch of the longer note before, whatever the interval.
    level
        Volume 1–15 that it is struck with; 0 leaves the one in force.
    glitch
        What sounds before it.
    """

    after: float
    frames: float
    interval: int
    repeats: bool
    level: int
    glitch: Glitch


@dataclass(frozen=True, slots=True)
class Gesture:
    """How one note was played.

    Attributes
    ----------
    ornaments
        In order.
    glitch, glitch_interval, glitch_frames
        What sounds before it, how far from it and how long.
    delay
        Frames from its row to its onset.
    release
        Frames from the edge where its last row ends to its own end.
    level
        Volume 1–15 that it was struck with; 0 leaves the one in force.
    changes
        Volumes and timbres in its course: frames after its onset, controller, value 0–127.
    """

    ornaments: tuple[Ornament, ...]
    glitch: Glitch
    glitch_interval: int
    glitch_frames: float
    delay: float
    release: float
    level: int
    changes: tuple[tuple[float, int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class PerformedNotes:
    """Notes of one voice, and how each was played.

    Attributes
    ----------
    written
        As they would be composed.
    gestures
        One for each note.
    levels
        Volume 0–15 at `LEVEL_FRAMES` after each onset, -1 after the note's end; int64,
        shape (notes, 4).
    """

    written: WrittenNotes
    gestures: tuple[Gesture, ...]
    levels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.gestures)

    def take(self, which: slice) -> "PerformedNotes":
        """Return some of the notes."""
        return PerformedNotes(self.written.take(which), self.gestures[which], self.levels[which])


@dataclass(slots=True)
class _Heard:
    """A note as the file has it, in frames."""

    start: float
    end: float
    pitch: int
    level: int  # 0 where the one in force was left
    timbre: int
    struck: int  # the velocity as a level, as the composer is told it
    glitch: Glitch = Glitch.NONE
    glitch_interval: int = 0
    glitch_frames: float = 0.0


def read_performance(score: Score, edges_s: NDArray[np.float64]) -> dict[int, PerformedNotes]:
    """Read how each of the chip's voices in a score plays.

    Parameters
    ----------
    score
        Its tracks have roles.
    edges_s
        Where its rows begin, and where the last one ends, seconds; rising, shape (rows + 1,).

    Returns
    -------
    dict
        Voice, as an index into `NES_TRACKS`, to its notes; voices without notes are left out.
    """
    edges = np.asarray(edges_s, dtype=np.float64) * NES_FRAME_HZ
    heard: dict[int, list[_Heard]] = {}
    controls: dict[int, list[tuple[float, int, int]]] = {}
    begun = np.zeros(len(edges) - 1, dtype=np.int64)
    for track in score.tracks:
        if track.role in NES_TRACKS and track.notes:
            voice = NES_TRACKS.index(track.role)
            controls[voice] = _controls(score, track)
            heard[voice] = _heard(score, track, controls[voice], SCORED[voice].period_cycles)
            begun[np.unique(_nearest(edges, [note.start for note in heard[voice]]))] |= 1 << voice
    return {
        voice: _performed(notes, controls[voice], edges, begun) for voice, notes in heard.items()
    }


def can_glitch(before: int, pitch: int, cycles: int) -> bool:
    """Tell whether a glitch of the timer would be heard between two pitches."""
    return cycles > 0 and glitch_pitch(before, pitch, cycles, Glitch.LOW_FIRST) is not None


def _controls(score: Score, track: Track) -> list[tuple[float, int, int]]:
    kept = [c for c in track.controls if c.number in (EXPRESSION, TIMBRE)]
    if not kept:
        return []
    frames = np.asarray(score.beats_to_seconds(np.array([c.beat for c in kept]))) * NES_FRAME_HZ
    return [(at, c.number, c.value) for at, c in zip(frames.tolist(), kept, strict=True)]


def _heard(
    score: Score, track: Track, controls: list[tuple[float, int, int]], cycles: int
) -> list[_Heard]:
    """Return a track's notes without glitches, which are told with the notes that follow them."""
    starts = np.asarray(score.beats_to_seconds(np.array([n.onset_beats for n in track.notes])))
    ends = np.asarray(score.beats_to_seconds(np.array([n.end_beats for n in track.notes])))
    starts, ends = starts * NES_FRAME_HZ, ends * NES_FRAME_HZ
    notes: list[_Heard] = []
    glitch: tuple[float, float, int] | None = None  # start, end, pitch
    force, timbre, at = _LOUDEST, 0, 0
    for index, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        note = track.notes[index]
        while at < len(controls) and controls[at][0] < start - 1e-3:
            _, number, value = controls[at]
            force = midi_to_chip_level(value) if number == EXPRESSION else force
            timbre = value if number == TIMBRE else timbre
            at += 1
        for ahead in controls[at:]:
            if ahead[0] > start + 1e-3:
                break
            timbre = ahead[2] if ahead[1] == TIMBRE else timbre
        struck = max(1, midi_to_chip_level(note.velocity))
        following = starts[index + 1] if index + 1 < len(starts) else np.inf
        if end - start < _INSTANT and following - end < _INSTANT:
            glitch = (start, end, note.pitch)
            continue
        soon = any(
            number == EXPRESSION and midi_to_chip_level(value) != struck
            for when, number, value in controls[at : at + 6]
            if start + 1e-3 < when <= start + _SOON
        )
        stale = struck == force and soon
        own = _Heard(start, end, note.pitch, 0 if stale else struck, timbre, struck)
        if glitch is not None and start - glitch[1] < _INSTANT:
            own.glitch_interval = glitch[2] - note.pitch
            own.glitch_frames = start - glitch[0]
            own.glitch = _kind_of(glitch[2], notes[-1].pitch if notes else -1, note.pitch, cycles)
        glitch = None
        if not stale:
            force = struck
        notes.append(own)
    return notes


def _kind_of(sounded: int, before: int, pitch: int, cycles: int) -> Glitch:
    if cycles and before >= 0:
        for kind in (Glitch.LOW_FIRST, Glitch.HIGH_FIRST):
            expected = glitch_pitch(before, pitch, cycles, kind)
            if expected is not None and abs(expected - sounded) <= 1:
                return kind
    return Glitch.OTHER


def _nearest(edges: NDArray[np.float64], frames: Sequence[float]) -> NDArray[np.int64]:
    """Return the row that begins nearest to each time."""
    times = np.asarray(frames, dtype=np.float64)
    after = np.clip(np.searchsorted(edges, times), 1, len(edges) - 1)
    left = times - edges[after - 1] <= edges[after] - times
    return np.minimum(np.where(left, after - 1, after), len(edges) - 2).astype(np.int64)


def _performed(
    notes: list[_Heard],
    controls: list[tuple[float, int, int]],
    edges: NDArray[np.float64],
    begun: NDArray[np.int64],
) -> PerformedNotes:
    rows = _nearest(edges, [note.start for note in notes])
    firsts = np.flatnonzero(np.diff(rows, prepend=-1))
    bounds = [*firsts.tolist(), len(notes)]
    mains = [
        max(range(a, b), key=lambda i: notes[i].end - notes[i].start) for a, b in pairwise(bounds)
    ]
    row = rows[firsts]
    after = np.clip(np.searchsorted(edges, [notes[i].end for i in mains]), 1, len(edges) - 1)
    ends = np.array([notes[i].end for i in mains])
    end_row = np.where(ends - edges[after - 1] <= edges[after] - ends, after - 1, after)
    end_row = np.maximum(end_row, row + 1)
    end_row[:-1] = np.minimum(end_row[:-1], row[1:])
    when = [control[0] for control in controls]
    gestures, levels = [], []
    for index, main in enumerate(mains):
        a, b = bounds[index], bounds[index + 1]
        note = notes[main]
        first = min(notes[a].start, note.start) - _EARLY
        until = notes[b].start - _EARLY if b < len(notes) else np.inf
        until = min(until, max(notes[b - 1].end, note.end) + 0.5)
        span = controls[bisect_left(when, first) : bisect_left(when, until)]
        before = notes[mains[index - 1]].pitch if index else note.pitch
        begin, end = float(edges[row[index]]), float(edges[end_row[index]])
        gestures.append(_gesture(notes[a:b], note, before, span, begin, end))
        levels.append(_levels(note, span))
    written = WrittenNotes(
        row,
        end_row.astype(np.int64),
        np.array([notes[i].pitch for i in mains], dtype=np.int64),
        np.array([notes[i].struck for i in mains], dtype=np.int64),
        np.array([notes[i].timbre for i in mains], dtype=np.int64),
        np.rint(edges[row + 1] - edges[row]).astype(np.int64),
        begun[row],
    )
    return PerformedNotes(written, tuple(gestures), np.array(levels).reshape(-1, len(LEVEL_FRAMES)))


def _gesture(
    notes: list[_Heard],
    main: _Heard,
    before: int,
    span: list[tuple[float, int, int]],
    begin: float,
    end: float,
) -> Gesture:
    return Gesture(
        tuple(
            Ornament(
                n.start - main.start,
                n.end - n.start,
                n.pitch - main.pitch,
                n.start < main.start and n.pitch == before != main.pitch,
                n.level,
                n.glitch,
            )
            for n in notes
            if n is not main
        ),
        main.glitch,
        main.glitch_interval,
        main.glitch_frames,
        main.start - begin,
        main.end - end,
        main.level,
        tuple((at - main.start, number, value) for at, number, value in span),
    )


def _levels(note: _Heard, span: list[tuple[float, int, int]]) -> list[int]:
    """Return the level at `LEVEL_FRAMES` after a note's onset."""
    found = []
    for frames in LEVEL_FRAMES:
        level = note.struck
        for at, number, value in span:
            if at > note.start + frames:
                break
            level = midi_to_chip_level(value) if number == EXPRESSION else level
        found.append(level if note.start + frames < note.end else -1)
    return found
