"""Samples voices that fit the voices kept beside them and the rows that follow.

A model that writes its voices in order, p1 p2 tr no, cannot look at a kept voice that comes later
in the row, nor at rows to come. Both are made good by drawing more than is needed and choosing by
what the model says of the kept music: in every row among several proposals, by the probability of
the row's kept voices after each (importance resampling), and among whole candidates, by the
probability of the rows that follow.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.models.row_transformer.sampling import LogitsProcessor, RowSampling, RowState
from chipgen.rows.plan_features import PlannedRows
from chipgen.rows.row_states import VOICES, Rows

PROPOSALS: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One way to fill a passage.

    Attributes
    ----------
    rows
        Of all four voices, the kept ones among them.
    kept_nats
        −log of the probability that the model gives the kept voices of these rows.
    """

    rows: Rows
    kept_nats: float


class InfillState(RowState):
    """Draws voices around others that are kept."""

    def fill(
        self,
        passage: Rows,
        kept: NDArray[np.bool_],
        sampling: RowSampling,
        generator: np.random.Generator,
        proposals: int | None = None,
        processor: LogitsProcessor | None = None,
    ) -> Candidate:
        """Draw what is not kept of a passage, and continue after it.

        Parameters
        ----------
        passage
            Row lengths, and what the kept voices play.
        kept
            What is kept of p1, p2, tr, no; shape (rows, 4), or (4,) for all rows.
        sampling
            How freely the rest is drawn.
        generator
            The same state gives the same rows.
        proposals
            Ways to write each row that are weighed against each other where a kept voice comes
            after one that is written; 1 conditions only on the kept voices that come before. One
            does, if None, for a model that reads plans: it is told what is kept.
        processor
            May change the logits of the voices that are written.
        """
        states, volume, timbre = passage.states.copy(), passage.volume.copy(), passage.timbre.copy()
        kept = np.broadcast_to(kept, states.shape)
        nats, proposals = 0.0, proposals or (1 if self.knows_kept else PROPOSALS)
        for row in range(len(passage)):
            states[row], own = self._propose(
                passage.states[row], kept[row], sampling, generator, proposals, processor
            )
            nats += own
            loud, colour = self._express(states[row], generator)
            written = ~kept[row]
            volume[row, written], timbre[row, written] = loud[written], colour[written]
            self.push(states[row], volume[row], timbre[row], int(passage.frames[row]))
            if processor is not None:
                processor.observe(states[row])
        return Candidate(Rows(states, volume, timbre, passage.frames), nats)

    def measure(self, rows: Rows) -> float:
        """Return −log of the probability of the next rows, in nats, and continue after them."""
        count = len(rows)
        if not count:
            return 0.0
        codes = np.empty((count + 1, len(self._codes)), dtype=np.uint8)
        codes[0] = self._codes
        for row in range(count):
            self._push(rows.states[row], rows.volume[row], rows.timbre[row], int(rows.frames[row]))
            codes[row + 1] = self._describe()
        hidden = np.concatenate([self.hidden[None], self._engine.read(codes[1:])])
        self._codes, self.hidden = codes[-1], hidden[-1]
        nats = 0.0
        for row, states in enumerate(rows.states.astype(np.int64)):
            for voice in range(VOICES):
                logits = self._engine.state_logits(hidden[row], codes[row], states, voice)
                nats -= _log_share(logits, int(states[voice]))
        return nats

    def _propose(
        self,
        given: NDArray[np.uint8],
        keep: NDArray[np.bool_],
        sampling: RowSampling,
        generator: np.random.Generator,
        proposals: int,
        processor: LogitsProcessor | None = None,
    ) -> tuple[NDArray[np.uint8], float]:
        """Return the states of one row, and the nats of those that are kept."""
        first = next((voice for voice in range(VOICES) if not keep[voice]), VOICES)
        one_sided = not keep[first:].any()
        heard: dict[tuple[int, ...], NDArray[np.float32]] = {}
        found: list[tuple[float, NDArray[np.int64]]] = []
        for _ in range(1 if one_sided else proposals):
            states, nats = np.zeros(VOICES, dtype=np.int64), 0.0
            for voice in range(VOICES):
                before = tuple(states[:voice].tolist())
                if before not in heard:
                    heard[before] = self._logits(states, voice)
                if keep[voice]:
                    states[voice] = int(given[voice])
                    nats -= _log_share(heard[before], int(given[voice]))
                else:
                    logits = heard[before].copy()
                    states[voice] = self._choose(
                        logits, voice, states, sampling, generator, processor
                    )
            found.append((nats, states))
        weights = np.exp(min(nats for nats, _ in found) - np.array([nats for nats, _ in found]))
        reach = np.cumsum(weights)
        chosen = int(np.searchsorted(reach, generator.random() * reach[-1], side="right"))
        nats, states = found[min(chosen, len(found) - 1)]
        return states.astype(np.uint8), nats

    def _logits(self, states: NDArray[np.int64], voice: int) -> NDArray[np.float32]:
        logits: NDArray[np.float32] = self._engine.state_logits(
            self.hidden, self._codes, states, voice
        )
        return logits


def state_after(model: Any, history: Rows, plan: PlannedRows | None = None) -> InfillState:
    """Return where a model stands after some rows, none or many, and what is planned."""
    return InfillState.after(model, history, plan)


def _log_share(logits: NDArray[np.float32], state: int) -> float:
    wide = logits.astype(np.float64)
    top = wide.max()
    return float(wide[state] - top - np.log(np.exp(wide - top).sum()))
