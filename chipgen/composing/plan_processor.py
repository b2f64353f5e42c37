"""Holds what is drawn to a plan where it is heard most: roots in the bass, and the end."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.labels.chord_names import chord_classes
from chipgen.models.row_transformer.inference import NEVER
from chipgen.rows.plan_features import CHORD, SPANS, PlannedRows
from chipgen.rows.row_states import HOLD, NOISE, REST, TRIANGLE

Array = NDArray[np.float32]

_ROOT: Final = 3.0  # added to a chord's root in the bass where the chord begins
_STRANGE_DRUM: Final = -2.0  # added to drums that the seed does not have
_HELD: Final = 8.0  # added to holds in a last bar that comes home
_CLASSES: Final = np.arange(128) % 12
_PITCHED: Final = np.arange(128) > HOLD


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
        Whether the bass leans on the roots of chords.
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
        self._plan, self._row, self._roots, self._closes = plan, first, roots, closes
        self._strange = np.zeros(128, dtype=np.float32)
        if drums is not None:
            self._strange[_PITCHED & ~np.isin(np.arange(128), drums)] = _STRANGE_DRUM

    def save(self) -> int:
        """Return what `restore` needs."""
        return self._row

    def restore(self, saved: int) -> None:
        """Go back to where `save` was called."""
        self._row = saved

    def observe(self, states: NDArray[np.uint8]) -> None:
        """Take in the row that was drawn, shape (4,)."""
        del states
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
        if self._closes and here[SPANS["end"]][0] == 1:
            self._close(logits, voice, int(here[SPANS["meter"]][0]) - 1, tones)

    def process_expression(self, volume: Array, timbre: Array, voice: int) -> None:
        """Leave volume and timbre to the model."""

    def _close(self, logits: Array, voice: int, place: int, tones: tuple[int, ...]) -> None:
        """Let a last bar begin with the tonic's chord, and hold it."""
        if voice == NOISE:
            logits[REST] += np.float32(_HELD if place > 0 else 0.0)
        elif place:
            logits[HOLD] += np.float32(_HELD)
        elif voice == TRIANGLE:
            logits[~(_PITCHED & (tones[0] == _CLASSES))] = NEVER
        else:
            logits[~(_PITCHED & np.isin(_CLASSES, tones))] += np.float32(-_HELD)
