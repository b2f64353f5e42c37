"""Holds what is drawn to a plan where it is heard most: chords with their roots, and the end."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.labels.chord_names import chord_classes
from chipgen.models.row_transformer.inference import NEVER
from chipgen.rows.plan_features import CHORD, SPANS, PlannedRows
from chipgen.rows.row_states import HOLD, NOISE, REST, TRIANGLE

Array = NDArray[np.float32]

_ROOT: Final = 3.0  # added to a chord's root in the bass where the chord begins
_MISSING_ROOT: Final = (0.75, 1.2)  # added to a root that p1 and p2 have sounded less than others
_FOREIGN_TONE: Final = 1.0  # taken in half a bar from what the chord lacks, in a second voice
_STRANGE_DRUM: Final = -2.0  # added to drums that the seed does not have
_HELD: Final = 8.0  # added to holds in a last bar that comes home
_CLASSES: Final = np.arange(128) % 12
_PITCHED: Final = np.arange(128) > HOLD
_LOW: Final = np.arange(128) <= 50  # where a bass ends, under what the pulses hold


@dataclass(frozen=True, slots=True, eq=False)
class ProcessorState:
    """Where a processor stands.

    Attributes
    ----------
    row
        Index in the piece of the next row.
    sounding
        State of each pulse that sounds, `REST` where none does.
    heard
        Rows of this bar in which the pulses sounded each pitch class; shape (12,).
    """

    row: int
    sounding: tuple[int, int]
    heard: NDArray[np.int64]


class PlanProcessor:
    """Leans on the logits of rows that are drawn to a plan.

    Parameters
    ----------
    plan
        May grow.
    first
        Index in the piece of the first row that is drawn.
    drums
        States of the noise that the seed has, in any number; other drums seldom join in. None
        leaves the drums alone.
    roots
        Whether the bass leans on the roots of chords, and the pulses complete them.
    closes
        Whether the last bar comes home.
    """

    def __init__(
        self,
        plan: PlannedRows,
        first: int,
        drums: NDArray[np.uint8] | None = None,
        *,
        roots: bool = False,
        closes: bool = False,
    ) -> None:
        self._plan, self._roots, self._closes = plan, roots, closes
        self._row, self._sounding = first, (REST, REST)
        self._heard = np.zeros(12, dtype=np.int64)
        self._strange = np.zeros(128, dtype=np.float32)
        if drums is not None:
            self._strange[_PITCHED & ~np.isin(np.arange(128), drums)] = _STRANGE_DRUM

    def save(self) -> ProcessorState:
        """Return what `restore` needs."""
        return ProcessorState(self._row, self._sounding, self._heard)

    def restore(self, saved: ProcessorState) -> None:
        """Go back to where `save` was called."""
        self._row, self._sounding, self._heard = saved.row, saved.sounding, saved.heard

    def observe(self, states: NDArray[np.uint8]) -> None:
        """Take in the row that was drawn, shape (4,)."""
        first, second = (
            before if state == HOLD else state
            for before, state in zip(self._sounding, states[:2].tolist(), strict=True)
        )
        self._sounding = first, second
        codes = self._plan.codes
        begins = self._row < len(codes) and codes[self._row, SPANS["meter"]][0] == 1
        self._heard = np.zeros_like(self._heard) if begins else self._heard.copy()
        for state in self._sounding:
            if state > HOLD:
                self._heard[state % 12] += 1
        self._row += 1

    def process(self, logits: Array, voice: int) -> None:
        """Change one voice's logits for the row to come, shape (128,), in place."""
        if voice == NOISE:
            logits += self._strange
        codes = self._plan.codes
        if self._row >= len(codes):
            return
        here = codes[self._row]
        chord = int(here[CHORD]) - 1
        if chord < 1:
            return
        tones = chord_classes(chord)
        before = codes[self._row - 1] if self._row else np.zeros_like(here)
        begins = here[SPANS["meter"]][0] == 1 or before[CHORD] != here[CHORD]
        if self._roots and voice == TRIANGLE and begins:
            logits[_PITCHED & (tones[0] == _CLASSES)] += np.float32(_ROOT)
        if self._roots and voice < TRIANGLE:
            self._complete(logits, voice, here, tones)
        if self._closes and here[SPANS["end"]][0] == 1:
            self._close(logits, voice, int(here[SPANS["meter"]][0]) - 1, tones)
        if self._closes and here[SPANS["end"]][0] == 2 and voice == TRIANGLE:
            self._wait(logits, here, tones)

    def process_expression(self, volume: Array, timbre: Array, voice: int) -> None:
        """Leave volume and timbre to the model."""

    def _complete(
        self, logits: Array, voice: int, here: NDArray[np.uint8], tones: tuple[int, ...]
    ) -> None:
        """Let a pulse sound the root that both have left out in the first half of a bar.

        A third and a fifth alone are heard as another chord.
        """
        place, size = (int(code) for code in here[SPANS["meter"]][:2])
        if 2 * (place - 1) >= size:
            return
        heard = self._heard.copy() if place > 1 else np.zeros_like(self._heard)
        other = int(here[SPANS["known"]][1 - voice]) - 1  # in this row, if it is kept
        if other > HOLD:
            heard[other % 12] += 1
        root = tones[0]
        if not heard.any() or heard[root] < heard.max():
            logits[_PITCHED & (root == _CLASSES)] += np.float32(_MISSING_ROOT[voice])
        if voice:
            logits[_PITCHED & ~np.isin(_CLASSES, tones)] -= np.float32(_FOREIGN_TONE)

    def _wait(self, logits: Array, here: NDArray[np.uint8], tones: tuple[int, ...]) -> None:
        """Keep the tonic from the bass in the half bar that leads to it."""
        place, size = (int(code) for code in here[SPANS["meter"]][:2])
        home = int(here[SPANS["chords"]][1]) - 1
        if home < 1 or 2 * (place - 1) < size:
            return
        tonic = chord_classes(home)[0]
        if tonic != tones[0]:
            logits[_PITCHED & (tonic == _CLASSES)] -= np.float32(_HELD)

    def _close(self, logits: Array, voice: int, place: int, tones: tuple[int, ...]) -> None:
        """Let a last bar begin with the tonic's chord, and hold it."""
        if voice == NOISE:
            logits[REST] += np.float32(_HELD if place > 0 else 0.0)
        elif place:
            logits[HOLD] += np.float32(_HELD)
        elif voice == TRIANGLE:
            logits[~(_PITCHED & _LOW & (tones[0] == _CLASSES))] = NEVER
        else:
            logits[~(_PITCHED & np.isin(_CLASSES, tones))] += np.float32(-_HELD)
