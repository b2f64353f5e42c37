"""Joins runs of very short notes to one note with an arpeggio, as trackers write them.

NES-MDB writes arpeggios, trills, slides and drums as notes of one to three frames each.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.instrument.macro_sequence import NOT_RELEASED, Sequence
from synth.tracker.contours import Contour
from synth.tracker.detail import Blur, Detail
from synth.tracker.player import values
from synth.tracker.preset_instruments import MOST_SEMITONES, played_once
from synth.tracker.song import NOTES, Rules

Ints = NDArray[np.int64]

SHORTEST: Final = 3  # frames up to which a note is part of the one after it
BLURRED: Final = 2  # frames of other pitches at the beginning of a note that are a blur
TURNS: Final = 2  # times that a chord goes round at least


def join_runs(notes: list[Contour], rules: Rules, detail: Detail) -> list[Contour]:
    """Return the notes of a voice with runs of short ones joined.

    Parameters
    ----------
    notes
        In time order.
    rules
        Whose tracker.
    detail
        Says what becomes of frames of other pitches at the beginning of a note.
    """
    made: list[Contour] = []
    run: list[Contour] = []
    for note in notes:
        goes_on = run and _joins(run[-1], note) and _frames(run) + len(note.level) <= rules.longest
        if not goes_on and run:
            made += _joined(run, rules, detail.blur)
            run = []
        run.append(note)
    return [*made, *_joined(run, rules, detail.blur)] if run else made


def with_few_chords(notes: list[Contour], rules: Rules, periods: Ints) -> list[Contour]:
    """Return notes whose chords are as few as a tracker's song should have.

    `periods` are those of the tracker's notes.

    A chord that another one plays as well, as far as its notes last, gives way to that; of the
    rest those that are heard least give way to the one that is most like them, or to none.
    """
    frames: dict[Sequence, int] = {}
    for note in notes:
        if note.chord is not None:
            frames[note.chord] = frames.get(note.chord, 0) + len(note.level)
    order = sorted(frames, key=lambda chord: (-frames[chord], len(chord.values)))
    kept: list[Sequence] = []
    made = []
    choice: dict[tuple[Sequence, int], Sequence | None] = {}
    for chord in order:
        longest = max(len(n.level) for n in notes if n.chord == chord)
        tones = _tones(chord, longest)
        if len(kept) < rules.most_chords and not any(
            np.array_equal(_tones(other, longest), tones) for other in kept
        ):
            kept.append(chord)
    for note in notes:
        if note.chord is None or note.chord in kept:
            made.append(note)
            continue
        key = note.chord, len(note.level)
        if key not in choice:
            tones = _tones(*key)
            alike = [float((_tones(other, key[1]) == tones).mean()) for other in kept]
            best = int(np.argmax(alike))
            still = float((tones == 0).mean())
            choice[key] = kept[best] if alike[best] >= still else None
        made.append(_with_chord(note, choice[key], periods))
    return made


def _with_chord(note: Contour, chord: Sequence | None, periods: Ints) -> Contour:
    """Return a note with another chord, or none, and what its pitch has beside that."""
    if note.voice == "noise":
        return replace(note, chord=chord)

    def played(one: Sequence | None) -> Ints:
        tones = _tones(note.model.arpeggio if one is None else one, len(note.level))
        return np.asarray(periods[np.clip(note.note + tones, 0, NOTES - 1)])

    return replace(note, chord=chord, rest=note.rest + played(note.chord) - played(chord))


def _tones(chord: Sequence, frames: int) -> Ints:
    return values(chord, np.arange(frames, dtype=np.int64), NOT_RELEASED)


def _joins(short: Contour, note: Contour) -> bool:
    """Tell whether a note goes on what a short one before it began."""
    free = short.model.volume is None or short.model.voice == "triangle"
    return (
        free
        and len(short.level) <= SHORTEST
        and short.stop == note.start
        and note.model.name == short.model.name
        and bool(short.level.all())
        and not note.strike
    )


def _frames(run: list[Contour]) -> int:
    return sum(len(note.level) for note in run)


def _joined(run: list[Contour], rules: Rules, blur: Blur) -> list[Contour]:
    if len(run) == 1:
        return run
    first, last = run[0], run[-1]
    tones = np.concatenate([
        note.note + values(
            note.model.arpeggio if note.chord is None else note.chord,
            np.arange(len(note.level), dtype=np.int64), note.held,
        )
        for note in run
    ])  # fmt: skip
    main = max(run, key=lambda note: len(note.level))
    beside = sum(len(note.level) for note in run if note is not main)
    turn = _turn(tones)
    note = max(int(tones.min()), 0) if turn else main.note
    offsets = np.clip(tones - note, -MOST_SEMITONES, MOST_SEMITONES)
    once = played_once(offsets, rules.longest)
    chord: Sequence | None = Sequence(tuple(offsets[:turn].tolist()), loop=0) if turn else once
    if not turn and beside <= BLURRED and main is last:  # a pitch that has not changed yet
        if blur is Blur.APART:
            return run
        if blur is Blur.LEFT_OUT:
            note, chord = main.note, main.chord
    duties = {one.model.duty for one in run}
    model = replace(first.model, duty=duties.pop() if len(duties) == 1 else None)
    joined = replace(
        main, model=model, start=first.start, stop=last.stop, held=NOT_RELEASED, note=note,
        volume=max(one.volume for one in run), chord=chord,
        level=np.concatenate([one.level for one in run]),
        timbre=np.concatenate([one.timbre for one in run]),
        rest=np.concatenate([one.rest for one in run]),
        strike=first.strike, moving=any(one.moving for one in run),
    )  # fmt: skip
    return [joined]


def _turn(tones: Ints) -> int:
    """Return after how many frames tones repeat themselves to the end, 0 if they do not."""
    for turn in range(2, len(tones) // TURNS + 1):
        if np.array_equal(tones[turn:], tones[:-turn]) and len(set(tones[:turn].tolist())) > 1:
            return turn
    return 0
