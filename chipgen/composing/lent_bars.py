"""Tells which bar of the seed lends its rhythm to a bar to come, and what is planned there."""

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.form import USUAL_PHRASE
from chipgen.music.score import Note
from chipgen.rows.plan_features import CHORD, CLOSE, SPANS, PlannedRows
from chipgen.rows.prompt import Prompt

_RINGING_BEATS = 0.25  # a note held so far into a bar is struck again in it
_EARLY_BEATS = 0.125  # before a bar line; what rings over it is of the next bar, as it was played


class LentBars:
    """The bars to come, each modelled on a bar of the seed.

    A bar that is planned to repeat one of the seed's is modelled on that; any other on one of the
    bars that are carried on, in turn.

    Parameters
    ----------
    prompt
        The seed, in its own beats.
    plan
        Of the seed's rows and those to come; grows as it is drawn.
    """

    def __init__(self, prompt: Prompt, plan: PlannedRows) -> None:
        self.ending, self.timing = prompt.ending, prompt.timing
        self.length = self.ending.bar_beats
        self._plan = plan
        self._edges = prompt.encoded.edges_beats
        self._old = len(prompt.carried_rows)
        self._first = len(prompt.encoded.rows) - prompt.closing_rows - self._old

    def row_at(self, bar: int) -> int:
        """Return the first row of a bar, counted from the first new one."""
        return self.timing.rows_in(bar * self.length)

    def bar_of(self, row: int) -> int:
        """Return the bar that a row is in, counted from the first new one."""
        bar = max(0, int(row / max(1, self.row_at(1))) - 1)
        while self.row_at(bar + 1) <= row:
            bar += 1
        return bar

    def pattern(self, bar: int) -> int:
        """Return which of the bars that are carried on a bar is played in, if it repeats none."""
        return bar % self.ending.pattern_bars

    def source(self, bar: int) -> float | None:
        """Return the beat of the seed's bar that a bar repeats, if it repeats one of the seed."""
        at, reference = self._old + self.row_at(bar), self._plan.reference
        while at >= self._old:
            at = int(reference[at]) if at < len(reference) else -1
        if at < 0:
            return None
        beat = float(self._edges[self._first + at])
        back = (self.ending.pattern_end - beat) / self.length
        is_bar = abs(back - round(back)) < 1e-3 and beat >= self.ending.meter.beat - 1e-6
        return beat if is_bar and back > 0.5 else None

    def closes(self, bar: int) -> bool:
        """Whether a bar ends the piece with a cadence."""
        return int(self._codes(bar)[SPANS["end"]][0]) == 1

    def ends_phrase(self, bar: int) -> bool:
        """Whether a bar is the last of its phrase."""
        left = int(self._codes(bar)[SPANS["phrase"]][1])
        return left == 1 if left else (bar + 1) % USUAL_PHRASE == 0

    def section(self, bar: int) -> int | None:
        """Return the first bar of the phrase in which a bar's phrase was first heard.

        None stands for the seed, and for bars of no phrase.
        """
        first = bar
        while True:
            place = int(self._codes(first)[SPANS["phrase"]][0])
            if not place:
                return None
            first -= place - 1
            if int(self._codes(first)[SPANS["kind"]][0]) != CLOSE:
                return first
            row = int(self._plan.reference[self._old + self.row_at(first)]) - self._old
            if row < 0:
                return None
            first = self.bar_of(row)

    def chord_in_seed(self, beat: float) -> int:
        """Return the chord at a beat of the seed, below 1 if it is not known."""
        row = int(np.searchsorted(self._edges, beat + 1e-3, side="right")) - 1 - self._first
        inside = 0 <= row < min(self._old, len(self._plan.codes))
        return int(self._plan.codes[row, CHORD]) - 1 if inside else -1

    def chord_to_come(self, beat: float) -> int:
        """Return the chord at a beat that is counted from the first new bar line."""
        row = self._old + self.timing.rows_in(beat + 1e-3) - 1
        return int(self._plan.codes[row, CHORD]) - 1 if row < len(self._plan.codes) else -1

    def _codes(self, bar: int) -> NDArray[np.uint8]:
        at, codes = self._old + self.row_at(bar), self._plan.codes
        return codes[at] if at < len(codes) else np.zeros(codes.shape[1], dtype=np.uint8)


def notes_within(notes: tuple[Note, ...], beat: float, length: float) -> list[Note]:
    """Return the notes that sound in a bar, onsets counted from its line; what is held begins it.

    Parameters
    ----------
    notes
        Sorted.
    beat, length
        Of the bar.
    """
    found = []
    for note in notes:
        if note.onset_beats >= beat + length - 1e-3:
            break
        is_early = note.onset_beats > beat + length - _EARLY_BEATS
        if is_early and note.end_beats > beat + length + _RINGING_BEATS:
            continue
        begins = max(0.0, note.onset_beats - beat)
        until = min(note.end_beats - beat, length)
        rings_in = note.onset_beats < beat - 1e-3
        if until - begins > (_RINGING_BEATS if rings_in else 0.0):
            found.append(Note(begins, until - begins, note.pitch, note.velocity))
    return found
