"""Holds bars that are rewritten to what is asked of them: density, range, rhythm."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.row_statistics import onsets_hz
from chipgen.models.row_transformer.inference import NEVER
from chipgen.rows.row_states import HOLD, NOISE, Rows

if TYPE_CHECKING:  # the sampler is compiled; it is loaded only when a model is used
    from chipgen.models.row_transformer.sampling import LogitsProcessor

_STATES: Final = np.arange(128)
_PITCHED: Final = _STATES > HOLD
_MOST_OFF: Final = 1.5  # nats by which a draft's density counts, and leads the next one
_LED: Final = 0.7  # of them that are added to the onsets of the next draft


@dataclass(frozen=True, slots=True, eq=False)
class Wishes:
    """What is asked of a passage.

    Attributes
    ----------
    density
        Onsets a second of the written voices, shape (4,); None leaves them to the model.
    pitches
        Lowest and highest pitch of the written melodic voices; None leaves them to the model.
    rhythm
        States of the passage whose onsets, holds and rests are kept, shape (rows, 4).
    """

    density: NDArray[np.float64] | None = None
    pitches: tuple[int, int] | None = None
    rhythm: NDArray[np.uint8] | None = None

    @property
    def bind_notes(self) -> bool:
        """Whether a range or a rhythm is asked for, which each note has to have."""
        return self.pitches is not None or self.rhythm is not None

    def off(self, rows: Rows, written: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return how far a draft's density is from the wish: log of wanted over had, shape (4,)."""
        return self._short_of(onsets_hz(rows), 1.0 / max(rows.seconds, 1e-9), written)

    def first_lead(
        self, usual_hz: NDArray[np.float64], written: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return what to add to each voice's onsets in the first draft, told what is usual."""
        return self._short_of(usual_hz, 1e-3, written)

    def lead(self, rows: Rows, written: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return what to add to the logits of each voice's onsets in the next draft, shape (4,)."""
        return _LED * self.off(rows, written)

    def _short_of(
        self, had_hz: NDArray[np.float64], least_hz: float, written: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return the log of wanted over had, both at least so much; 0 for what is not written."""
        if self.density is None:
            return np.zeros(len(written))
        ratio = np.maximum(self.density, least_hz) / np.maximum(had_hz, least_hz)
        return np.clip(np.log(ratio), -_MOST_OFF, _MOST_OFF) * written


class WishProcessor:
    """Masks what a passage may not be, and passes the rest on.

    Parameters
    ----------
    wishes
        What is asked.
    inner
        Leans on the logits first; may be None.
    """

    def __init__(self, wishes: Wishes, inner: "LogitsProcessor | None") -> None:
        self._wishes, self._inner, self._row = wishes, inner, 0

    def observe(self, states: NDArray[np.uint8]) -> None:
        """Take in the row that was drawn, shape (4,)."""
        self._row += 1
        if self._inner is not None:
            self._inner.observe(states)

    def process(self, logits: NDArray[np.float32], voice: int) -> None:
        """Change one voice's logits for the row to come, shape (128,), in place."""
        if self._inner is not None:
            self._inner.process(logits, voice)
        pitches, rhythm = self._wishes.pitches, self._wishes.rhythm
        if pitches is not None and voice < NOISE:
            low, high = pitches
            logits[_PITCHED & ((low > _STATES) | (high < _STATES))] = NEVER
        if rhythm is not None:
            state = int(rhythm[self._row, voice])
            logits[~_PITCHED if state > HOLD else state != _STATES] = NEVER

    def process_expression(
        self, volume: NDArray[np.float32], timbre: NDArray[np.float32], voice: int
    ) -> None:
        """Leave volume and timbre to the inner processor."""
        if self._inner is not None:
            self._inner.process_expression(volume, timbre, voice)
