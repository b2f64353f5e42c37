"""Describes composed notes, and how like each is to notes that have been played.

The network reads these numbers and nothing else, so training and playing share them.
"""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.performer.performed_notes import FAR, PerformedNotes, WrittenNotes, can_glitch
from chipgen.rows.row_states import VOICES
from synth.chip.voices import SCORED

# What is decided of each note, in this order; later decisions are told the earlier ones.
HEADS: Final = ("glitch", "ornaments", "volumes", "delay", "release")
DELAY_FRAMES: Final = 10  # a delay is -10 to 10
RELEASE_FRAMES: Final = (-20, 10)
GLITCHES: Final = 4
DELAYS: Final = 2 * DELAY_FRAMES + 1
RELEASES: Final = RELEASE_FRAMES[1] - RELEASE_FRAMES[0] + 1
PAIR_FEATURES: Final = 37
NOTE_FEATURES: Final = 24
NOTES_BEFORE: Final = 3  # that a note is described by
_METERS: Final = (2, 4, 8, 16, 32)  # rows after which music is like itself
_UNKNOWN: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """Numbers that describe notes of one voice, beside its notes; vectors of one length.

    Attributes
    ----------
    written
        The notes.
    before, after
        Semitones from the note before, and to the next one.
    last_pitch, second_last, third_last, next_pitch, second_next, last_level
        Of the notes before and after: pitches, and a level; -1 where there is none.
    gap_before, gap_after
        Rows from the onset before, and to the next one.
    rest_before, rest_after
        Rows of silence before and after.
    can_glitch
        Whether a glitch of the timer would be heard before the note.
    """

    written: WrittenNotes
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    last_pitch: NDArray[np.int64]
    second_last: NDArray[np.int64]
    third_last: NDArray[np.int64]
    next_pitch: NDArray[np.int64]
    second_next: NDArray[np.int64]
    last_level: NDArray[np.int64]
    gap_before: NDArray[np.int64]
    gap_after: NDArray[np.int64]
    rest_before: NDArray[np.int64]
    rest_after: NDArray[np.int64]
    can_glitch: NDArray[np.bool_]

    @classmethod
    def of(cls, notes: WrittenNotes, voice: int) -> "Described":
        """Describe consecutive notes of a voice."""
        pitch, row, end = notes.pitch, notes.row, notes.end_row
        last, coming = _shifted(pitch, 1, _UNKNOWN), _shifted(pitch, -1, _UNKNOWN)
        next_row = np.append(row[1:], row[-1:] + FAR) if len(row) else row
        last_row = np.append(row[:1] - FAR, row[:-1]) if len(row) else row
        last_end = np.append(row[:1] - FAR, end[:-1]) if len(row) else row
        cycles = SCORED[voice].period_cycles
        glitches = [
            can_glitch(before if before >= 0 else now, now, cycles)
            for before, now in zip(last.tolist(), pitch.tolist(), strict=True)
        ]
        return cls(
            notes,
            np.where(last >= 0, pitch - last, 0),
            np.where(coming >= 0, coming - pitch, 0),
            last,
            _shifted(pitch, 2, _UNKNOWN),
            _shifted(pitch, 3, _UNKNOWN),
            coming,
            _shifted(pitch, -2, _UNKNOWN),
            _shifted(notes.level, 1, _UNKNOWN),
            np.minimum(row - last_row, FAR),
            np.minimum(next_row - row, FAR),
            np.clip(row - last_end, 0, FAR),
            np.clip(next_row - end, 0, FAR),
            np.array(glitches, dtype=np.bool_),
        )

    def take(self, which: slice) -> "Described":
        """Return some of the notes."""
        others = (getattr(self, field.name)[which] for field in fields(self)[1:])
        return Described(self.written.take(which), *others)


def compare_notes(notes: Described, played: Described) -> NDArray[np.float32]:
    """Return how like notes are to notes that were played, shape (notes, played, PAIR_FEATURES)."""

    def both(get: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        own = getattr(notes, get) if hasattr(notes, get) else getattr(notes.written, get)
        other = getattr(played, get) if hasattr(played, get) else getattr(played.written, get)
        return own[:, None], other[None, :]

    def same(get: str) -> NDArray[np.bool_]:
        own, other = both(get)
        return np.asarray(own == other)

    lasts, lasted = (d.written.end_row - d.written.row for d in (notes, played))
    lasts, lasted = lasts[:, None], lasted[None, :]
    pitch, pitched = both("pitch")
    row, rowed = both("row")
    level, levelled = both("level")
    frames, framed = both("frames")
    gap, gapped = both("gap_after")
    before, befored = both("before")
    same_length, same_pitch, same_gap = lasts == lasted, pitch == pitched, gap == gapped
    apart = np.abs(pitch - pitched)
    led = same_pitch & same("last_pitch")
    columns = [
        same_pitch, (pitch - pitched) % 12 == 0, np.minimum(apart, 24) / 12.0,
        same("before"), np.sign(before) == np.sign(befored), same("after"),
        same_length, np.abs(np.log2(lasts / lasted)),
        same("gap_before"), same_gap, np.abs(np.log2(gap / gapped)),
        (notes.rest_before == 0)[:, None] == (played.rest_before == 0)[None, :],
        (notes.rest_after == 0)[:, None] == (played.rest_after == 0)[None, :],
        *((row - rowed) % meter == 0 for meter in _METERS),
        level == levelled, np.abs(level - levelled) / 8.0, same("timbre"),
        frames == framed, np.abs(np.log2(np.maximum(frames, 1) / np.maximum(framed, 1))),
        np.log2(1.0 + np.maximum(row - rowed, 0)) / 8.0, same("others"), same("can_glitch"),
        same("last_pitch"), same("next_pitch"), same("last_level"), same("rest_before"),
        same_pitch & same_length & same_gap, led, led & same("second_last"),
        led & same("second_last") & same("third_last"),
        same_pitch & same("next_pitch") & same("second_next"),
        same_length & same_gap, same_length & (level == levelled),
    ]  # fmt: skip
    result = np.empty((len(row), rowed.shape[1], PAIR_FEATURES), dtype=np.float32)
    for index, column in enumerate(columns):
        result[:, :, index] = column
    return result


def describe_notes(notes: Described, seen: NDArray[np.float64], voice: int) -> NDArray[np.float32]:
    """Return what is told of each note by itself, shape (notes, NOTE_FEATURES).

    Parameters
    ----------
    seen
        What is usual in what was played, from `Classes.usual`.
    """
    written = notes.written
    lasts = written.end_row - written.row
    voices = np.zeros((len(written), VOICES))
    voices[:, voice] = 1.0
    columns = [
        np.log2(lasts), np.log2(notes.gap_after), np.log2(notes.gap_before),
        notes.rest_before == 0, notes.rest_after == 0, lasts == 1,
        np.minimum(np.abs(notes.before), 24) / 12.0, notes.before == 0, notes.can_glitch,
        written.level / 15.0, written.frames / 10.0, written.frames <= 3,
        written.row % 2 == 0, written.row % 4 == 0,
    ]  # fmt: skip
    alone = np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)
    usual = np.broadcast_to(seen, (len(written), len(seen)))
    return np.concatenate([alone, voices, usual], axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """What was decided of notes, as numbers that are equal where the decisions are.

    Attributes
    ----------
    glitch
        0–3.
    ornaments
        A number for each succession of ornaments, 0 for none.
    levels
        As in `PerformedNotes`.
    delay, release
        Frames, cut to their ranges and counted from 0.
    keeps_level
        Whether the note was struck with the volume in force.
    """

    glitch: NDArray[np.int64]
    ornaments: NDArray[np.int64]
    levels: NDArray[np.int64]
    delay: NDArray[np.int64]
    release: NDArray[np.int64]
    keeps_level: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.delay)

    def take(self, which: slice) -> "Classes":
        """Return the decisions of some notes."""
        return Classes(
            self.glitch[which], self.ornaments[which], self.levels[which], self.delay[which],
            self.release[which], self.keeps_level[which],
        )  # fmt: skip

    def usual(self) -> NDArray[np.float64]:
        """Return what is usual among them, 6 numbers."""
        if not len(self):
            return np.zeros(6)
        shares = [
            self.ornaments > 0, self.glitch > 0, self.delay == DELAY_FRAMES,
            self.release == -RELEASE_FRAMES[0], self.keeps_level,
        ]  # fmt: skip
        return np.array([np.log2(1.0 + len(self)) / 8.0, *(share.mean() for share in shares)])

    @classmethod
    def of(
        cls, played: PerformedNotes, numbers: dict[tuple[tuple[int, ...], ...], int]
    ) -> "Classes":
        """Give decisions numbers: `numbers` receives successions of ornaments that it lacks."""
        numbers.setdefault((), 0)
        kinds = np.array([int(g.glitch) for g in played.gestures], dtype=np.int64)
        shapes = [
            tuple(
                (round(o.after), 99 if o.repeats else o.interval, round(o.frames))
                for o in g.ornaments
            )
            for g in played.gestures
        ]
        delay = np.rint([g.delay for g in played.gestures]).astype(np.int64)
        release = np.rint([g.release for g in played.gestures]).astype(np.int64)
        return cls(
            kinds,
            np.array([numbers.setdefault(shape, len(numbers)) for shape in shapes], dtype=np.int64),
            played.levels,
            np.clip(delay, -DELAY_FRAMES, DELAY_FRAMES) + DELAY_FRAMES,
            np.clip(release, *RELEASE_FRAMES) - RELEASE_FRAMES[0],
            np.array([g.level == 0 for g in played.gestures], dtype=np.bool_),
        )

    def anew(self, notes: Described) -> NDArray[np.int64]:
        """Return what is decided as it would be made anew, shape (notes, heads).

        Ornaments are 0 for none and 1 for some; volumes 0 for the note's own level, held, and 1 for
        any other course.
        """
        level = notes.written.level[:, None]
        moves = ((self.levels != level) & (self.levels >= 0)).any(axis=1)
        columns = [self.glitch, self.ornaments > 0, moves, self.delay, self.release]
        return np.stack([np.asarray(column, dtype=np.int64) for column in columns], axis=1)

    def matches(self, other: "Classes") -> NDArray[np.bool_]:
        """Return which decisions are equal, shape (heads, notes, others)."""
        both = (self.levels[:, None] >= 0) & (other.levels[None] >= 0)
        levels = ((self.levels[:, None] == other.levels[None]) | ~both).all(axis=2)
        pairs = [
            (self.glitch, other.glitch), (self.ornaments, other.ornaments), None,
            (self.delay, other.delay), (self.release, other.release),
        ]  # fmt: skip
        return np.stack(
            [levels if pair is None else pair[0][:, None] == pair[1][None] for pair in pairs]
        )


def _shifted(values: NDArray[np.int64], by: int, fill: int) -> NDArray[np.int64]:
    result = np.full_like(values, fill)
    if by > 0:
        result[by:] = values[:-by]
    else:
        result[:by] = values[-by:]
    return result
