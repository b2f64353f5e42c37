"""Ways to draw candidates of a passage: what they are drawn after, and what they are planned as.

Some are drawn as if what follows had been heard before, so that they can take it up.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.plan_features import CHORD, CLOSE, SPANS, VARIED, PlannedRows
from chipgen.rows.row_states import HOLD, REST, TRIANGLE, VOICES, Rows

if TYPE_CHECKING:  # the sampler is compiled; it is loaded only when a model is used
    from chipgen.models.row_transformer.conditional_sampling import InfillState

_LONGEST_MARKED: Final = 384  # rows over which one state of the model can be gone back to


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A way to draw candidates of a passage.

    Attributes
    ----------
    history
        Rows that are heard before the passage.
    plan
        What these and the passage are written to; None if that is not known.
    copies
        Which of p1, p2, tr, no play what is varied note for note, shape (4,).
    """

    history: Rows
    plan: PlannedRows | None
    copies: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(VOICES, dtype=np.bool_))

    def chords_kept(self) -> float:
        """Return on how many of the passage's rows what is varied has the chord planned there."""
        if self.plan is None:
            return 0.0
        source = self.plan.reference[len(self.history) :]
        chords = self.plan.codes[:, CHORD]
        same = chords[np.maximum(source, 0)] == chords[len(self.history) : len(self.plan.reference)]
        return float(((source >= 0) & same).mean()) if len(source) else 0.0

    def over_its_bass(self) -> "Way":
        """Return a way in which bass and drums repeat what the pulses vary."""
        if self.plan is None:
            return self
        codes, begin = self.plan.codes.copy(), len(self.history)
        at = begin + np.flatnonzero(self.plan.reference[begin:] >= 0)
        codes[at, SPANS["kind"].start + 1] = CLOSE
        codes[at, SPANS["chords"]] = codes[self.plan.reference[at], SPANS["chords"]]
        return Way(
            self.history, PlannedRows(codes, self.plan.reference), np.arange(VOICES) >= TRIANGLE
        )

    def referred(self, count: int) -> Rows | None:
        """Return the rows that the next ones are planned to vary, if all of them were heard.

        A voice that is silent before them rests until it begins a note.
        """
        heard = self.history
        if self.plan is None or not len(heard):
            return None
        source = self.plan.reference[len(heard) : len(heard) + count]
        if len(source) < count or source.min() < 0 or source.max() >= len(heard):
            return None
        rows = Rows(
            heard.states[source], heard.volume[source], heard.timbre[source], heard.frames[source]
        )
        for voice, begun in enumerate((heard.states != HOLD).T):
            at = np.flatnonzero(begun)
            if not len(at) or heard.states[at[-1], voice] == REST:
                until = np.argmax(np.append(rows.states[:, voice] != HOLD, True))
                rows.states[:until, voice] = REST
        return rows


def as_heard_before(before: Rows, passage: int, after: Rows, plan: PlannedRows, lag: int) -> Way:
    """Return what follows a passage as if it had come before all, and a plan to vary it.

    Parameters
    ----------
    before, after
        Rows before the passage, and those behind it that it may take up.
    passage
        Rows of it.
    plan
        Of the whole piece.
    lag
        How many rows later what the passage takes up comes; its own length at least.
    """
    begin, count = len(before), len(after)
    end = begin + passage
    codes = np.concatenate([plan.codes[end : end + count], plan.codes[:end]])
    known = plan.reference[:end]
    varied = np.arange(passage) + lag - passage
    reference = np.concatenate(
        [
            np.full(count, -1),
            np.where(known >= 0, known + count, -1)[:begin],
            np.where(varied < count, varied, -1),
        ]
    )
    codes[count + begin :, SPANS["kind"]] = VARIED * (varied < count)[:, None]
    return Way(after.then(before), PlannedRows(codes, reference))


class Marked:
    """A state of the model that is gone back to; made anew where too much is drawn for that.

    Parameters
    ----------
    make
        Makes it.
    rows
        How many are drawn or read from it, at most.
    """

    def __init__(self, make: Callable[[], "InfillState"], rows: int) -> None:
        self._make, self._rows = make, rows
        self._state: InfillState | None = None
        self._saved: Any = None

    def state(self) -> "InfillState":
        """Return the state as it was made."""
        if self._state is None or self._rows > _LONGEST_MARKED:
            self._state = self._make()
            if self._rows <= _LONGEST_MARKED:
                self._saved = self._state.save(self._rows)
        else:
            self._state.restore(self._saved)
        return self._state

    def behind(self, head: Rows, rows: int) -> "Marked":
        """Return the state behind some rows; it holds until this one is gone back to."""
        if not len(head):
            return self

        def make() -> "InfillState":
            state = self.state()
            state.extend(head)
            return state

        return Marked(make, rows)
