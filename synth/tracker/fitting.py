"""Fits a few instruments to the notes that share a model: envelopes, and each note's volume.

A note is as it should be in a frame if level, timbre and pitch are. Trackers round envelope times
volume in their own ways, know no cents and no mix, so the envelopes are those with which most
frames come out right; where one instrument does not do for loud and soft or high and low notes, it
is parted in two.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.instrument.chip_score import MAX_VOLUME
from synth.instrument.macro_sequence import (
    NOT_RELEASED,
    Sequence,
    sequence_indices,
    sequence_values,
)
from synth.tracker.contours import ECHO, Contour, Model
from synth.tracker.detail import DETAILS, Detail
from synth.tracker.player import values
from synth.tracker.preset_instruments import played_once
from synth.tracker.song import FULL, Rules, TrackerInstrument

Ints = NDArray[np.int64]

ALMOST: Final = 0.995  # share of frames from which a fit is not bettered
ROUNDS: Final = 3  # of fitting envelope and volumes to each other
NEAR_ENOUGH: Final = 0.9  # share of frames in which a note fits an envelope learned from another
LOOP_WORTH: Final = 0.01  # share of frames that a pitch envelope without a loop has to mend
CHOICES: Final = np.arange(MAX_VOLUME + 1, dtype=np.int64)


@dataclass(slots=True)
class Variant:
    """An instrument, and the notes that play it.

    Attributes
    ----------
    instrument
        As the tracker has it.
    members
        Indices of the notes.
    volume
        For each of them the volume with which most frames are right.
    equal
        How many frames of all of them are.
    looks
        Words for an envelope that was learned, for its name.
    """

    instrument: TrackerInstrument
    members: Ints
    volume: Ints
    equal: int
    looks: tuple[str, ...] = ()


class Group:
    """The notes of one model, and the instruments that play them.

    Parameters
    ----------
    model, notes
        What the notes share, and the notes.
    rules
        Whose tracker.
    detail
        How closely.

    Attributes
    ----------
    model, notes
        As given.
    variants
        The instruments, each with its notes.
    """

    def __init__(
        self, model: Model, notes: list[Contour], rules: Rules, detail: Detail = DETAILS[0]
    ) -> None:
        self.model, self.notes, self._rules, self._detail = model, notes, rules, detail
        self._lengths = np.array([len(note.level) for note in notes])
        self._of = np.repeat(np.arange(len(notes)), self._lengths)
        self._at = np.concatenate([np.arange(n, dtype=np.int64) for n in self._lengths])
        self._held = np.array([note.held for note in notes])[self._of]
        level = np.concatenate([note.level for note in notes])
        self._level = np.where(level > 0, MAX_VOLUME, 0) if model.voice == "triangle" else level
        self._timbre = np.concatenate([note.timbre for note in notes])
        self._rest = np.concatenate([note.rest for note in notes])
        self._still = np.array([not note.moving for note in notes])[self._of]
        kinds = [
            (n.voice, n.volume, round(detail.steps_an_octave * np.log2(n.period + 1.0)))
            for n in notes
        ]
        numbers = {kind: number for number, kind in enumerate(dict.fromkeys(kinds))}
        self._kind = np.array([numbers[kind] for kind in kinds])
        self.variants = self._first_variants()

    @property
    def frames(self) -> int:
        """Frames of all notes."""
        return len(self._at)

    @property
    def lost(self) -> int:
        """Frames that are not as they should be."""
        return self.frames - sum(variant.equal for variant in self.variants)

    def ladder(self) -> list[list[Variant]]:
        """Return one, two and more instruments for these notes."""
        made = [self.variants]
        while len(made[-1]) < self._detail.parts and right_frames(made[-1]) < self.frames:
            now = made[-1]
            worst = max(now, key=self._lost_by)
            found = [
                self._settle([*(v for v in now if v is not worst), *halves])
                for key in (self._volumes_of(), self._periods_of(), self._voices_of())
                if (halves := self._halves(worst, key)) is not None
            ]
            found.append(self._settle(self._with_worst_alone(now)))
            found = [more for more in found if len(more) > len(now)]
            if not found:
                break
            made.append(max(found, key=right_frames))
        return made

    def _lost_by(self, variant: Variant) -> int:
        return int(self._lengths[variant.members].sum()) - variant.equal

    def _volumes_of(self) -> Ints:
        return np.array([note.volume for note in self.notes])

    def _periods_of(self) -> Ints:
        return -np.array([note.period for note in self.notes])

    def _voices_of(self) -> Ints:
        return np.array([note.voice != self.notes[0].voice for note in self.notes], dtype=np.int64)

    def _halves(self, variant: Variant, key: Ints) -> list[Variant] | None:
        """Return two instruments in place of one, for notes of low and high keys."""
        mine = key[variant.members]
        if mine.min() == mine.max():
            return None
        middle = _middle(mine, self._lengths[variant.members])
        upper = mine >= middle if (mine < middle).any() else mine > middle
        return [self._fit(variant.members[part], variant.instrument) for part in (~upper, upper)]

    def _with_worst_alone(self, variants: list[Variant]) -> list[Variant]:
        """Return instruments with one more, for the kind of notes that loses most frames."""
        lost = self._lengths - np.max([self._equal(v.instrument) for v in variants], axis=0)
        alone = self._kind == np.bincount(self._kind, lost).argmax()
        made = []
        for variant in variants:
            rest = variant.members[~alone[variant.members]]
            if len(rest) == len(variant.members):
                made.append(variant)
            elif len(rest):
                made.append(self._fit(rest, variant.instrument))
        first = int(np.flatnonzero(alone)[0])
        near = next(v for v in variants if first in v.members)
        return [*made, self._fit(np.flatnonzero(alone), near.instrument)]

    def _settle(self, variants: list[Variant]) -> list[Variant]:
        """Give notes of a kind to the instrument that suits them, and fit each to its own."""
        for _ in range(ROUNDS):
            fits = np.array([self._equal(v.instrument) for v in variants])
            by_kind = np.array([np.bincount(self._kind, fit) for fit in fits])
            chosen = by_kind.argmax(axis=0)[self._kind]
            members = [np.flatnonzero(chosen == k) for k in range(len(variants))]
            if all(
                np.array_equal(now, v.members) for now, v in zip(members, variants, strict=True)
            ):
                break
            variants = [
                self._fit(now, v.instrument) for now, v in zip(members, variants, strict=True)
                if len(now)
            ]  # fmt: skip
        return variants

    def _equal(self, instrument: TrackerInstrument) -> Ints:
        """Return for each note in how many frames it would be right."""
        everything = np.ones(len(self._of), dtype=np.bool_)
        right = self._pitch_right(instrument, everything)
        if instrument.duty is not None:
            timbre = sequence_values(instrument.duty, self._at, self._held)
            right &= (timbre == self._timbre) | (self._level == 0)
        index = sequence_indices(instrument.volume, self._at, self._held)
        shape = np.array(instrument.volume.values, dtype=np.int64)
        best = np.zeros(len(self.notes), dtype=np.int64)
        for choice in CHOICES[1:].tolist():
            made = self._rules.levels(shape, np.full(1, choice))[index]
            same = np.bincount(self._of, (made == self._level) & right, minlength=len(best))
            best = np.maximum(best, same)
        return best

    def _first_variants(self) -> list[Variant]:
        if self.model.volume is None or self.model.duty is None:
            return self._learn()
        first = TrackerInstrument(
            volume=self.model.volume, duty=self._own_duty(self.model.duty),
            arpeggio=self.model.arpeggio,
        )  # fmt: skip
        return [self._fit(np.arange(len(self.notes)), first)]

    def _own_duty(self, duty: Sequence | None) -> Sequence | None:
        return None if self.model.voice == "triangle" else duty

    def _frames_of(self, members: Ints) -> NDArray[np.bool_]:
        mine = np.zeros(len(self.notes), dtype=np.bool_)
        mine[members] = True
        return np.asarray(mine[self._of])

    def _fit(self, members: Ints, begun: TrackerInstrument) -> Variant:
        """Return the instrument for some notes, from one that is near, and their volumes."""
        mine = self._frames_of(members)
        number = np.zeros(len(self.notes), dtype=np.int64)
        number[members] = np.arange(len(members))
        of, at, held = number[self._of[mine]], self._at[mine], self._held[mine]
        level, timbre = self._level[mine], self._timbre[mine]
        instrument = replace(begun, pitch=self._pitch(members, mine))
        right = self._pitch_right(instrument, mine)
        if instrument.duty is not None:
            right &= (sequence_values(instrument.duty, at, held) == timbre) | (level == 0)
        wanted = np.array([self.notes[k].volume for k in members])
        base = np.array(instrument.volume.values, dtype=np.int64)
        index = sequence_indices(instrument.volume, at, held)
        if self.model.voice == "triangle":
            made = np.where(base[index] > 0, MAX_VOLUME, 0)
            volume = np.full(len(members), MAX_VOLUME)
            return Variant(instrument, members, volume, int(((made == level) & right).sum()))
        found: list[tuple[int, Ints, Ints]] = []
        for start in (base, self._as_most_play(base, index, level, of, wanted)):
            shape = start
            volume = self._volumes(shape, index, level, of, wanted)
            for _ in range(ROUNDS):
                better = self._shape(start, index, level, volume[of])
                if (better == shape).all():
                    break
                shape = better
                volume = self._volumes(shape, index, level, of, wanted)
            made = self._rules.levels(shape[index], volume[of])
            found.append((int(((made == level) & right).sum()), shape, volume))
            if found[0][0] > ALMOST * len(level):
                break
        equal, shape, volume = max(found, key=lambda each: each[0])
        instrument = replace(
            instrument, volume=replace(instrument.volume, values=tuple(shape.tolist()))
        )
        return Variant(instrument, members, volume, equal)

    def _as_most_play(self, base: Ints, index: Ints, level: Ints, of: Ints, wanted: Ints) -> Ints:
        """Return the levels of the notes whose volume is heard most, as an envelope."""
        frames = np.bincount(wanted[of], minlength=len(CHOICES))
        usual = int(frames.argmax())
        mine = wanted[of] == usual
        count = np.zeros((len(base), len(CHOICES)))
        np.add.at(count, (index[mine], level[mine]), 1.0)
        plain = self._rules.levels(base, np.full(1, usual))
        count[base > 0, 0] = -1.0
        return np.where((base > 0) & (count.max(axis=1) > 0), count.argmax(axis=1), plain)

    def _volumes(self, shape: Ints, index: Ints, level: Ints, of: Ints, wanted: Ints) -> Ints:
        """Return for each note the volume with which most frames have their level."""
        count = np.zeros((len(wanted), len(CHOICES)))
        for choice in CHOICES[1:].tolist():
            made = self._rules.levels(shape, np.full(1, choice))[index]
            count[:, choice] = np.bincount(of, made == level, minlength=len(wanted))
        count -= np.abs(CHOICES[np.newaxis, :] - wanted[:, np.newaxis]) / 4.0
        count[:, 0] = -1e9
        return np.asarray(count.argmax(axis=1))

    def _shape(self, base: Ints, index: Ints, level: Ints, volume: Ints) -> Ints:
        """Return for each place of an envelope the value with which most frames are right."""
        size = len(base)
        count = np.zeros((size, len(CHOICES)))
        for choice in CHOICES.tolist():
            made = self._rules.levels(np.full(1, choice), volume)
            count[:, choice] = np.bincount(index, made == level, minlength=size)
        heard = np.bincount(index, minlength=size)
        off = np.abs(CHOICES[np.newaxis, :] - base[:, np.newaxis])
        count -= off * (0.02 * heard + 0.5)[:, np.newaxis]
        count[base > 0, 0] = -1e9
        count[np.ix_(base == 0, CHOICES > 0)] = -1e9
        return np.asarray(np.where(heard > 0, count.argmax(axis=1), base))

    def _pitch(self, members: Ints, mine: NDArray[np.bool_]) -> Sequence:
        """Return the pitch envelope for notes, on their median period, mended by most of them."""
        if not self.model.cents:
            return self.model.steps
        lengths = self._lengths[members]
        period = float(_middle(np.array([self.notes[k].period for k in members]), lengths))
        looped = self._mended(self.model.pitch(period), mine)
        if looped.loop is None or not self._detail.unrolls:
            return looped
        last = min(int(lengths.max()), len(self.model.cents))
        once = self._mended(self.model.pitch(period, last), mine)
        gain = self._pitch_hits(once, mine) - self._pitch_hits(looped, mine)
        return once if gain > LOOP_WORTH * mine.sum() else looped

    def _pitch_hits(self, pitch: Sequence, mine: NDArray[np.bool_]) -> int:
        """Return in how many frames notes have the pitch of an envelope."""
        return int(self._pitch_right(TrackerInstrument(pitch=pitch), mine).sum())

    def _mended(self, pitch: Sequence, mine: NDArray[np.bool_]) -> Sequence:
        """Return a pitch envelope as most notes have it, by one step at most."""
        still = mine & self._still
        index = sequence_indices(pitch, self._at[still], self._held[still])
        rest = np.clip(self._rest[still], -128, 127)
        count = np.zeros((len(pitch.values), 256))
        np.add.at(count, (index, rest + 128), 1.0)
        base = np.array(pitch.values, dtype=np.int64)
        heard = count.sum(axis=1)
        count[np.arange(len(base)), base + 128] += 0.1 * heard + 0.5
        best = np.where(heard > 0, count.argmax(axis=1) - 128, base)
        best = np.clip(best, base - 1, base + 1)
        if pitch.loop is None:
            return played_once(best, len(best))
        return replace(pitch, values=tuple(best.tolist()))

    def _pitch_right(
        self, instrument: TrackerInstrument, mine: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        if self.model.voice == "noise":
            return np.asarray(self._rest[mine] == 0)
        steps = sequence_values(instrument.pitch, self._at[mine], self._held[mine])
        return np.asarray((self._rest[mine] == steps) | (self._level[mine] == 0))

    def _learn(self) -> list[Variant]:
        """Return instruments whose envelopes are those of notes, as few as most notes fit."""
        if self._detail.each_frame and self.model.volume is None:
            by_duty = self._by_duty()
            if len(by_duty) <= self._detail.parts:
                return by_duty
        order = sorted(
            range(len(self.notes)),
            key=lambda k: (-int(self.notes[k].level.max()), -len(self.notes[k].level), k),
        )
        shapes: list[TrackerInstrument] = []
        members: list[list[int]] = []
        tried: dict[bytes, int] = {}
        for k in order:
            note = self.notes[k]
            key = note.level.tobytes() + bytes(1) + note.timbre.tobytes()
            if key not in tried:
                tried[key] = self._place(note, shapes)
                if tried[key] == len(shapes):
                    shapes.append(self._shape_of(note))
                    members.append([])
            members[tried[key]].append(k)
        frames = [int(self._lengths[mine].sum()) for mine in members]
        kept = sorted(range(len(shapes)), key=lambda i: -frames[i])
        kept = kept[: self._detail.parts]
        kept = [i for i in kept if frames[i] >= self._detail.rarest * self.frames] or kept[:1]
        lost = [k for i in range(len(shapes)) if i not in kept for k in members[i]]
        few = [shapes[i] for i in kept]
        mine = [list(members[i]) for i in kept]
        for k in lost:
            fits = [_fit_share(self.notes[k], shape, self._rules)[0] for shape in few]
            mine[int(np.argmax(fits))].append(k)
        made = []
        for shape, those in zip(few, mine, strict=True):
            variant = self._fit(np.array(sorted(those), dtype=np.int64), shape)
            made.append(replace(variant, looks=_look(variant.instrument, self.model)))
        return made

    def _by_duty(self) -> list[Variant]:
        """Return an instrument for each duty, to whose notes any volume can be given by frame."""
        members: dict[Sequence, list[int]] = {}
        for k, note in enumerate(self.notes):
            duty = self.model.duty or played_once(note.timbre, self._rules.longest)
            members.setdefault(duty, []).append(k)
        made = []
        for duty, those in members.items():
            instrument = TrackerInstrument(
                duty=self._own_duty(duty), arpeggio=self.model.arpeggio,
                pitch=self.model.steps,
            )  # fmt: skip
            made.append(
                Variant(
                    instrument, np.array(those), np.full(len(those), MAX_VOLUME),
                    int(self._lengths[those].sum()), _look(instrument, self.model),
                )
            )  # fmt: skip
        return made

    def _shape_of(self, note: Contour) -> TrackerInstrument:
        volume = self.model.volume or played_once(note.level, self._rules.longest)
        duty = self.model.duty or played_once(note.timbre, self._rules.longest)
        return TrackerInstrument(
            volume=volume, duty=self._own_duty(duty), arpeggio=self.model.arpeggio
        )

    def _place(self, note: Contour, shapes: list[TrackerInstrument]) -> int:
        """Return the first shape that a note fits, or their number."""
        for at, shape in enumerate(shapes):
            share, volume = _fit_share(note, shape, self._rules)
            if share < NEAR_ENOUGH:
                continue
            longer = len(note.level) > len(shape.volume.values)
            if longer and self.model.volume is None and volume == MAX_VOLUME:
                shapes[at] = self._shape_of(note)
            return at
        return len(shapes)


def right_frames(variants: Iterable[Variant]) -> int:
    """Return how many frames are as they should be."""
    return sum(variant.equal for variant in variants)


def _middle(keys: Ints, weights: Ints) -> int:
    """Return the weighted median of keys."""
    order = np.argsort(keys)
    return int(keys[order[np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)]])


def right_levels(note: Contour, instrument: TrackerInstrument, rules: Rules) -> NDArray[np.bool_]:
    """Return for each volume 0-15 and each frame whether the level is as it should be."""
    frame = np.arange(len(note.level), dtype=np.int64)
    shape = values(instrument.volume, frame, note.held)
    made = rules.levels(shape[np.newaxis, :], CHOICES[:, np.newaxis])
    return np.asarray(made == note.level[np.newaxis, :])


def _fit_share(note: Contour, shape: TrackerInstrument, rules: Rules) -> tuple[float, int]:
    """Return in how many of its frames a note fits a shape, and with what volume."""
    frame = np.arange(len(note.level), dtype=np.int64)
    right = right_levels(note, shape, rules)[1:]
    if shape.duty is not None:
        timbre = values(shape.duty, frame, NOT_RELEASED)
        right = right & ((timbre == note.timbre) | (note.level == 0))[np.newaxis, :]
    share = right.mean(axis=1)
    best = len(share) - 1 - int(np.argmax(share[::-1]))
    return float(share[best]), best + 1


def _look(instrument: TrackerInstrument, model: Model) -> tuple[str, ...]:
    """Return words for what a learned envelope sounds like."""
    shape = [value for value in instrument.volume.values if value] or [0]
    marks = []
    if instrument.duty is not None and model.voice.startswith("pulse"):
        marks.append(("12%", "25%", "50%", "75%")[instrument.duty.values[-1]])
    if model.voice == "noise" and instrument.duty is not None and instrument.duty.values[-1]:
        marks.append("metal")
    if model.name == ECHO or instrument.volume == FULL:
        return tuple(marks)
    if shape.index(max(shape)) > 2:
        marks.append("swell")
    elif shape[-1] <= max(shape) / 2 or instrument.volume.values[-1] == 0:
        marks.append("short" if len(instrument.volume.values) < 16 else "fade")
    else:
        marks.append("sustain")
    return tuple(marks)
