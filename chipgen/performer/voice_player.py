"""Plays one voice's composed notes as the seed's notes were played, note by note."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.nesmdb_dialect import chip_to_midi_level, midi_to_chip_level
from chipgen.music.score import Control, Note
from chipgen.performer.network import ANEW, Scores, Weights, score_notes
from chipgen.performer.note_features import (
    DELAY_FRAMES,
    HEADS,
    NOTES_BEFORE,
    RELEASE_FRAMES,
    Classes,
    Described,
    compare_notes,
    describe_notes,
)
from chipgen.performer.performed_notes import Gesture, PerformedNotes, WrittenNotes
from chipgen.performer.timer_glitches import Glitch, glitch_pitch
from chipgen.rows.row_inference import NES_FRAME_HZ
from chipgen.rows.row_states import TRIANGLE
from synth.chip.voices import EXPRESSION, SCORED, TIMBRE

TEMPERATURE: Final = 0.12  # of decisions
LOUDEST: Final = 15
_MOST_PLAYED: Final = 192  # notes of the seed, the last ones, that are played like
_SHORTEST_FRAMES: Final = 1.0  # of a note; ornaments may be shorter
_GLITCH_FRAMES: Final = NES_FRAME_HZ / 44_100  # a sound sample
_GLITCH, _ORNAMENTS, _VOLUMES, _DELAY, _RELEASE = range(len(HEADS))

# Another pitch than those of the timer's bytes is not made up.
_NEW_GLITCHES: Final = (Glitch.NONE, Glitch.LOW_FIRST, Glitch.HIGH_FIRST, Glitch.NONE)

Events = tuple[tuple[Note, ...], tuple[Control, ...]]


@dataclass(frozen=True, slots=True)
class _Choice:
    """A decision: the played note that it is copied from, or what was made anew."""

    source: int = -1
    made: int = 0


class VoicePlayer:
    """One voice: what it played in the seed, and where it stands in what is played now.

    Parameters
    ----------
    weights
        Of the network.
    voice
        0–3: p1, p2, tr, no.
    played
        The seed's notes of this voice.
    frame_beats
        A video frame in quarter notes of what is composed.
    rng_seed
        What is drawn follows from it.
    at_row
        The seed's row at which playing begins; notes before it lead to it.
    """

    def __init__(
        self,
        weights: Weights,
        voice: int,
        played: PerformedNotes,
        frame_beats: float,
        rng_seed: int,
        at_row: int,
    ) -> None:
        self._weights, self._voice, self._frame = weights, voice, frame_beats
        self._cycles = SCORED[voice].period_cycles
        self._rng = np.random.default_rng([rng_seed, voice])
        at = int(played.written.row.searchsorted(at_row))
        until = min(len(played), at + _MOST_PLAYED // 2)
        recent = slice(max(0, until - _MOST_PLAYED), until)
        self._gestures = played.gestures[recent]
        self._described = Described.of(played.written, voice).take(recent)
        self._classes = Classes.of(played.take(recent), {})
        self._equal = self._classes.matches(self._classes)  # heads, played, played
        self._usual = self._classes.usual()
        self._seen = tuple(
            np.bincount(numbers, minlength=size) > 0
            for numbers, size in zip(self._classes.anew(self._described).T, ANEW, strict=True)
        )
        self._before = played.written.take(slice(max(0, at - NOTES_BEFORE), at))
        self._followed = np.zeros(self._equal.shape[::2], dtype=np.float32)
        self._level, self._timbre = LOUDEST, 0
        if at:
            self._followed = self._after(self._equal[:, at - 1 - recent.start])
            self._level, self._timbre = _in_force(played.gestures[at - 1], self._before)
        self._end = -np.inf  # of what was played last, in beats

    def play(
        self,
        written: WrittenNotes,
        count: int,
        places: tuple[NDArray[np.float64], NDArray[np.float64]],
        span: tuple[float, float],
    ) -> Events:
        """Play the first `count` notes; those behind are known to follow.

        Parameters
        ----------
        written
            The notes as they are composed.
        count
            How many of them are played.
        places
            Where each begins and ends, in beats; shape (notes,).
        span
            The beats in which everything begins.
        """
        if not count:
            return (), ()
        whole = self._before.then(written)
        known = len(self._before)
        described = Described.of(whole, self._voice).take(slice(known, known + count))
        pairs = compare_notes(described, self._described)
        scores = score_notes(
            self._weights, pairs, describe_notes(described, self._usual, self._voice), self._voice
        )
        begins, ends = places
        before = int(whole.pitch[max(0, known - 1)])
        floor = max(span[0], self._end)
        groups: list[_Group] = []
        for index in range(count):
            gesture = self._gesture(scores, index, written)
            place = float(begins[index]), float(ends[index])
            if index == count - 1:  # nothing is to ring into what is played next
                gesture = replace(gesture, release=min(0.0, gesture.release))
            note = _Written(
                int(written.pitch[index]), int(written.level[index]), int(written.timbre[index])
            )
            groups.append(self._group(note, gesture, before, place, (floor, span[1])))
            before, floor = note.pitch, groups[-1].onset + self._frame / 2
        self._before = whole.take(slice(max(0, known + count - NOTES_BEFORE), known + count))
        notes, controls = _joined(groups)
        self._end = notes[-1].end_beats
        return notes, controls

    def _gesture(self, scores: Scores, index: int, written: WrittenNotes) -> Gesture:
        """Draw how a note is played."""
        equal = np.zeros((len(HEADS), len(self._gestures)), dtype=np.float32)
        logits = np.empty((len(HEADS), len(self._gestures) + 1), dtype=np.float32)
        logits[:, :-1] = scores.likeness[:, index] + self._weights["followed"] @ self._followed
        logits[:, -1] = scores.anew[:, index]
        choices: list[_Choice] = []
        for head in range(len(HEADS)):
            if head:
                logits[head, :-1] += self._weights["decided"][head, :head] @ equal[:head]
            source = self._draw(logits[head])
            if source < len(self._gestures):
                choices.append(_Choice(source))
                equal[head] = self._equal[head, source]
            else:
                # Only no ornament and a level volume can be made anew, and what the seed has.
                made = 0
                if head not in (_ORNAMENTS, _VOLUMES):
                    alike = scores.made[head][index]
                    made = self._draw(np.where(self._seen[head], alike, np.float32(-1e9)))
                choices.append(_Choice(-1, made))
                equal[head] = self._made_before(head, made, int(written.level[index]))
        self._followed = self._after(equal)
        return self._put_together(choices, int(written.level[index]))

    def _draw(self, logits: NDArray[np.float32]) -> int:
        shares = np.exp((logits - logits.max()) / TEMPERATURE).cumsum(dtype=np.float64)
        found = int(shares.searchsorted(self._rng.random() * shares[-1], side="right"))
        return min(found, len(logits) - 1)

    def _made_before(self, head: int, made: int, level: int) -> NDArray[np.float32]:
        """Return which played notes a decision that was made anew equals."""
        classes = self._classes
        if head == _VOLUMES:
            same = ((classes.levels == level) | (classes.levels < 0)).all(axis=1)
        else:
            same = (classes.glitch, classes.ornaments, None, classes.delay, classes.release)[
                head
            ] == made
        return np.asarray(same, dtype=np.float32)

    def _after(self, equal: NDArray[np.generic]) -> NDArray[np.float32]:
        """Return which played notes come after those that a decision equals."""
        shifted = np.zeros(equal.shape, dtype=np.float32)
        shifted[:, 1:] = equal[:, :-1]
        return shifted

    def _put_together(self, choices: list[_Choice], level: int) -> Gesture:
        def source(head: int) -> Gesture | None:
            return self._gestures[choices[head].source] if choices[head].source >= 0 else None

        glitch, ornaments, volumes = source(_GLITCH), source(_ORNAMENTS), source(_VOLUMES)
        delay, release = source(_DELAY), source(_RELEASE)
        if volumes is not None and volumes.level:
            volumes = _scaled(volumes, level)
        return Gesture(
            ornaments.ornaments if ornaments else (),
            glitch.glitch if glitch else _NEW_GLITCHES[choices[_GLITCH].made],
            glitch.glitch_interval if glitch else 0,
            glitch.glitch_frames if glitch else _GLITCH_FRAMES,
            delay.delay if delay else float(choices[_DELAY].made - DELAY_FRAMES),
            release.release if release else float(choices[_RELEASE].made + RELEASE_FRAMES[0]),
            volumes.level if volumes else level,
            volumes.changes if volumes else (),
        )

    def _group(
        self,
        note: "_Written",
        gesture: Gesture,
        before: int,
        place: tuple[float, float],
        span: tuple[float, float],
    ) -> "_Group":
        """Return a note with all that belongs to it; all begins within `span`, in beats."""
        frame = self._frame
        floor, ceiling = span
        onset = max(floor, min(place[0] + gesture.delay * frame, ceiling - frame / 2))
        end = max(place[1] + gesture.release * frame, onset + _SHORTEST_FRAMES * frame)
        controls = []
        if self._voice != TRIANGLE and note.timbre != self._timbre:
            controls.append(Control(onset, TIMBRE, note.timbre))
            self._timbre = note.timbre
        level = gesture.level or self._level
        heard = [(onset, end, note.pitch, level, gesture.glitch)]
        for ornament in gesture.ornaments:
            at = onset + ornament.after * frame
            pitch = before if ornament.repeats else note.pitch + ornament.interval
            until = at + ornament.frames * frame
            heard.append((at, until, pitch, ornament.level or level, ornament.glitch))
        notes: list[Note] = []
        for at, until, pitch, struck, kind in sorted(heard):
            if not (floor <= at < min(end, ceiling) and self._fits(pitch)):
                continue
            velocity = chip_to_midi_level(int(np.clip(struck, 1, LOUDEST)))
            instant = self._glitch_pitch(kind, before, pitch, gesture)
            begin = at - gesture.glitch_frames * frame
            if instant is not None and begin >= floor:
                notes.append(Note(begin, at - begin, instant, velocity))
            notes.append(Note(at, until - at, pitch, velocity))
            before = pitch
        self._level = level
        for after, number, value in gesture.changes:
            at = onset + after * frame
            if floor <= at <= end + frame / 2:
                controls.append(Control(at, number, value))
                if number == EXPRESSION:
                    self._level = midi_to_chip_level(value)
                else:
                    self._timbre = value
        return _Group(onset, notes, controls)

    def _fits(self, pitch: int) -> bool:
        low, high = SCORED[self._voice].midi_range
        return low <= pitch <= high

    def _glitch_pitch(self, kind: Glitch, before: int, pitch: int, gesture: Gesture) -> int | None:
        if kind == Glitch.NONE:
            return None
        if kind != Glitch.OTHER:
            return glitch_pitch(before, pitch, self._cycles, kind) if self._cycles else None
        instant = pitch + gesture.glitch_interval
        return instant if self._fits(instant) else None


@dataclass(frozen=True, slots=True)
class _Written:
    """One note as it is composed."""

    pitch: int
    level: int
    timbre: int


@dataclass(frozen=True, slots=True)
class _Group:
    """A note with its ornaments, and the controls in its course; sorted."""

    onset: float
    notes: list[Note]
    controls: list[Control]


def _joined(groups: list[_Group]) -> Events:
    """Return the events of notes that follow each other: each ends what the one before leaves."""
    every = [note for group in groups for note in group.notes]
    notes = [
        replace(note, duration_beats=min(note.duration_beats, after.onset_beats - note.onset_beats))
        for note, after in pairwise(every)
        if after.onset_beats > note.onset_beats
    ]
    starts = [group.notes[0].onset_beats for group in groups[1:]] + [np.inf]
    controls = [
        control
        for group, following in zip(groups, starts, strict=True)
        for control in group.controls
        if control.beat < following
    ]
    return (*notes, every[-1]), tuple(sorted(controls, key=lambda control: control.beat))


def _in_force(gesture: Gesture, written: WrittenNotes) -> tuple[int, int]:
    """Return the level and timbre in force after a note."""
    level, timbre = gesture.level or int(written.level[-1]), int(written.timbre[-1])
    for _, number, value in gesture.changes:
        if number == EXPRESSION:
            level = midi_to_chip_level(value)
        else:
            timbre = value
    return level, timbre


def _scaled(gesture: Gesture, level: int) -> Gesture:
    """Return a gesture whose volumes are as many times as loud as its first one has to be."""
    gain = level / gesture.level
    changes = tuple(
        (
            after,
            number,
            chip_to_midi_level(
                int(np.clip(round(midi_to_chip_level(value) * gain), 1 if value else 0, LOUDEST))
            )
            if number == EXPRESSION
            else value,
        )
        for after, number, value in gesture.changes
    )
    return replace(gesture, level=level, changes=changes)
