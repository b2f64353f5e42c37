"""Leans on the logits of a tune that is written over chords, so that it sings and goes on."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.models.row_transformer.sampling import LogitsProcessor
from chipgen.rows.plan_features import NEW, SPANS, PlannedRows
from chipgen.rows.row_states import HOLD, REST

Array = NDArray[np.float32]

_P1: Final = 0
_OFF_BEAT: Final = 1.6  # taken from onsets between half beats
_ON_BEAT: Final = 0.4  # added to onsets on beats
_REPEATED: Final = 1.4  # taken from the last pitch
_BACK: Final = 1.0  # and from the one before it: two notes by turns make no tune
_STEP: Final = 4  # semitones that cost nothing
_LEAP: Final = 0.3  # for each semitone more
_MOST_LEAP: Final = 3.0
_AGAIN: Final = 2.0  # taken from what was played a bar before, in a bar with a new tune
_PITCHES: Final = np.arange(HOLD + 1, 128)


class TuneProcessor:
    """Lets a tune move by step, on beats, to other places than a bar before.

    Parameters
    ----------
    plan
        Of the rows, from the first one drawn on.
    rows_a_beat
        Rows in a quarter note.
    beyond
        Leans on all voices besides.
    """

    def __init__(self, plan: PlannedRows, rows_a_beat: float, beyond: LogitsProcessor) -> None:
        self._plan, self._rows_a_beat, self._beyond = plan, rows_a_beat, beyond
        self._states: list[int] = []
        self._last: list[int] = []

    def observe(self, states: NDArray[np.uint8]) -> None:
        """Take in the row that was drawn, shape (4,)."""
        self._beyond.observe(states)
        state = int(states[_P1])
        self._states.append(state)
        if state > HOLD:
            self._last = [*self._last[-1:], state]

    def process(self, logits: Array, voice: int) -> None:
        """Change one voice's logits for the row to come, shape (128,), in place."""
        self._beyond.process(logits, voice)
        row = len(self._states)
        if voice != _P1 or row >= len(self._plan.codes):
            return
        place, size, _ = (int(code) for code in self._plan.codes[row, SPANS["meter"]])
        if not size:
            return
        beat = (place - 1) / self._rows_a_beat
        if abs(beat - round(beat)) < 1e-3:
            logits[HOLD + 1 :] += np.float32(_ON_BEAT)
        elif abs(2 * beat - round(2 * beat)) > 1e-3:
            logits[HOLD + 1 :] -= np.float32(_OFF_BEAT)
        if self._last:
            logits[self._last[-1]] -= np.float32(_REPEATED)
            if len(self._last) > 1:
                logits[self._last[0]] -= np.float32(_BACK)
            beyond = np.maximum(0, np.abs(_PITCHES - self._last[-1]) - _STEP)
            logits[HOLD + 1 :] -= np.minimum(_MOST_LEAP, _LEAP * beyond).astype(np.float32)
        kind = int(self._plan.codes[row, SPANS["kind"]][0])
        if kind == NEW and row >= size:
            before = self._states[row - size]
            if before != REST:
                logits[before] -= np.float32(_AGAIN if before > HOLD else _AGAIN / 3)

    def process_expression(self, volume: Array, timbre: Array, voice: int) -> None:
        """Leave volume and timbre to the model."""


def as_new_tune(plan: PlannedRows, phrase_bars: int) -> None:
    """Plan a tune for bars that have none: a new phrase, and what comes again as the bars do.

    Parameters
    ----------
    plan
        Changed in place.
    phrase_bars
        Bars in which nothing comes again.
    """
    codes = plan.codes
    begins = np.flatnonzero(codes[:, SPANS["meter"]][:, 0] == 1)
    if not len(begins):
        return
    first = int(begins[phrase_bars]) if len(begins) > phrase_bars else len(codes)
    kind = codes[:, SPANS["kind"]]
    kind[:first, 0] = NEW
    kind[first:, 0] = np.where(plan.reference[first:] < 0, NEW, kind[first:, 0])
