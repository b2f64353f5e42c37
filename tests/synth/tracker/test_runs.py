"""Very short notes become one note with an arpeggio."""

import numpy as np

from synth.chip.hardware import NTSC
from synth.instrument.macro_sequence import NOT_RELEASED, Sequence
from synth.tracker.contours import Contour, Model
from synth.tracker.detail import DETAILS
from synth.tracker.runs import join_runs, with_few_chords
from synth.tracker.song import FAMITRACKER, note_periods

LEARNED = Model("pulse", "lead", None, Sequence((2,)))


def note(start: int, frames: int, tone: int, chord: Sequence | None = None) -> Contour:
    """Return a note of a score's own volume."""
    return Contour(
        LEARNED, start, start + frames, NOT_RELEASED, tone, 12, "pulse1", chord,
        np.full(frames, 12), np.full(frames, 2), np.zeros(frames, dtype=np.int64), 200,
    )  # fmt: skip


def test_a_chord_of_short_notes_goes_round() -> None:
    """Notes of two frames each that repeat are a looping arpeggio above the lowest."""
    tones = [40, 44, 47] * 3
    joined = join_runs(
        [note(2 * k, 2, tone) for k, tone in enumerate(tones)], FAMITRACKER, DETAILS[0]
    )
    assert len(joined) == 1
    assert joined[0].note == 40
    assert joined[0].chord == Sequence((0, 0, 4, 4, 7, 7), loop=0)
    assert (joined[0].start, joined[0].stop) == (0, 18)


def test_a_grace_note_leads_to_its_note() -> None:
    """Three frames before a long note are its arpeggio; one frame is left out in the first step."""
    joined = join_runs([note(0, 3, 47), note(3, 20, 45)], FAMITRACKER, DETAILS[0])
    assert [(one.note, str(one.chord)) for one in joined] == [(45, "2x3 0")]
    blurred = join_runs([note(0, 1, 47), note(1, 20, 45)], FAMITRACKER, DETAILS[0])
    assert [(one.note, one.chord, one.start) for one in blurred] == [(45, None, 0)]
    closer = join_runs([note(0, 1, 47), note(1, 20, 45)], FAMITRACKER, DETAILS[1])
    assert [(one.note, str(one.chord), one.start) for one in closer] == [(45, "2 0", 0)]
    closest = join_runs([note(0, 1, 47), note(1, 20, 45)], FAMITRACKER, DETAILS[2])
    assert [(one.note, one.start) for one in closest] == [(47, 0), (45, 1)]


def test_notes_apart_or_long_stay_notes() -> None:
    """A rest between, or a note of a row, is no run."""
    apart = [note(0, 2, 40), note(4, 2, 44), note(10, 6, 40), note(16, 6, 44)]
    assert len(join_runs(apart, FAMITRACKER, DETAILS[0])) == 4


def test_chords_are_few() -> None:
    """Beyond so many, rare chords give way to the ones most like them."""
    many = [note(40 * k, 30, 40, Sequence((0, k % 50, 7), loop=0)) for k in range(60)]
    kept = {one.chord for one in with_few_chords(many, FAMITRACKER, note_periods(NTSC))}
    assert len(kept - {None}) <= FAMITRACKER.most_chords
