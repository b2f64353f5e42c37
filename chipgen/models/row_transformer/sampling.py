"""Samples rows one voice after the other."""

from dataclasses import dataclass
from typing import Any, Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from chipgen.models.row_transformer.inference import NEVER, RowInference, RowWeights, draw
from chipgen.request.compose_fields import USUAL
from chipgen.rows.copy_features import CopyFeatures
from chipgen.rows.plan_features import NEW, PLAN_COLUMNS, REFERENCE, SPANS, PlannedRows
from chipgen.rows.row_features import CODES, PITCH_CLASSES, describe_next_row, describe_rows_all
from chipgen.rows.row_states import HOLD, NOISE, REST, TRIANGLE, VOICES, Rows

_BEYOND: Final = 0.5  # nats a semitone
_PITCHES: Final = np.arange(HOLD + 1, CODES)
_EXPRESSION_TOP_P: Final = 0.9  # unlikely volumes sound like mistakes
_CROSSED, _CLOSE, _PARALLEL = 4.0, 1.5, 2.0  # nats that a second voice costs, see `keeps_below`
_ROOM: Final = 3  # semitones that it leaves under the first
_LONGEST: Final = 256  # rows that a note is looked for
_STEP: Final = 4  # semitones that a tune moves by at no cost
_MOST_LEAP: Final = 3.0  # nats


@dataclass(frozen=True, slots=True)
class TuneHabits:
    """What is held against pitches of p1 that no singer would take, in nats.

    Attributes
    ----------
    back
        Taken from the pitch before the last one.
    leap
        Taken for each semitone beyond a third that a pitch lies from the last.
    again
        Taken from what p1 did a bar before, in bars whose tune is planned as new.
    """

    back: float = 1.0
    leap: float = 0.3
    again: float = 2.0


@dataclass(frozen=True, slots=True)
class RowSampling:
    """How rows are drawn.

    Attributes
    ----------
    temperature
        Divides the logits; above 0.
    top_p
        Only the likeliest states that make up this share are drawn from.
    min_p
        Only states at least this many times as likely as the likeliest one are drawn from.
    onset_bias, rest_bias
        Added to the logits of all pitches, and of silence, voice by voice: above 0 for more.
    pitch_bias
        Added to the logits of the melodic voices' pitches by pitch class, twelve numbers.
    reach
        Lowest and highest pitch of each melodic voice; what lies beyond is made less likely by half
        a nat a semitone. None leaves them alone.
    keeps_below
        Whether p2 stays below what p1 sounds, with room between, and out of octaves that move
        along with it.
    tune
        How p1 moves, if it is a tune of bars that are planned.
    """

    temperature: float = USUAL.temperature
    top_p: float = USUAL.top_p
    min_p: float = 0.0
    onset_bias: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    rest_bias: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    pitch_bias: tuple[float, ...] = (0.0,) * 12
    reach: tuple[tuple[int, int], ...] | None = None
    keeps_below: bool = False
    tune: TuneHabits | None = None


class LogitsProcessor(Protocol):
    """What leans on the model while rows are drawn."""

    def process(self, logits: NDArray[np.float32], voice: int) -> None:
        """Change one voice's logits for the row to come, shape (128,), in place."""

    def process_expression(
        self, volume: NDArray[np.float32], timbre: NDArray[np.float32], voice: int
    ) -> None:
        """Change the logits of a beginning note's volume (16,) and timbre (4,), in place."""

    def observe(self, states: NDArray[np.uint8]) -> None:
        """Take in the row that was drawn, shape (4,)."""


def sample_rows(
    model: Any,
    history: Rows,
    frames: NDArray[np.int64],
    sampling: RowSampling,
    generator: np.random.Generator,
    kept: Rows | None = None,
    keep: tuple[bool, bool, bool, bool] = (False, False, False, False),
) -> Rows:
    """Draw rows that follow `history`.

    Parameters
    ----------
    model
        `RowWeights` or a `RowTransformer`.
    history
        What was played before; may be empty.
    frames
        Lengths of the rows to draw, in NES frames, shape (rows,).
    kept, keep
        Rows of which the voices marked in `keep` are taken as they are; as many as `frames`.

    Returns
    -------
    Rows
        The new rows alone. The same generator state gives the same rows.
    """
    return RowState.after(model, history).draw(frames, sampling, generator, kept, keep)


class RowState:
    """What the next row depends on: the rows that may be copied, and the network's state.

    Its size is bounded by the reach of copying and of the context, however long the piece.

    Parameters
    ----------
    weights
        Of a trained model.
    plan
        From the piece's first row on; of rows beyond it nothing is planned. Only a model that reads
        plans looks at it.
    """

    def __init__(self, weights: RowWeights, plan: PlannedRows | None = None) -> None:
        self._has_plan = weights.config.plan
        self._plan = plan or PlannedRows(
            np.zeros((0, PLAN_COLUMNS), dtype=np.uint8), np.zeros(0, dtype=np.int64)
        )
        self._written = np.zeros((0, VOICES), dtype=np.uint8)  # the rows so far, and room for more
        self._memory = CopyFeatures()
        self._engine = RowInference(weights)
        self._lengths = (0, 0)
        self._codes = np.zeros(0, dtype=np.uint8)
        self.hidden = np.zeros(0, dtype=np.float32)

    @property
    def knows_kept(self) -> bool:
        """Whether it is conditioned on kept rows before it reaches them."""
        return self._has_plan and len(self._plan.codes) > 0

    @classmethod
    def after(cls, model: Any, history: Rows, plan: PlannedRows | None = None) -> Self:
        """Return the state after some rows, of which the last `context` are read."""
        state = cls(RowWeights.of(model), plan)
        rows, context = len(history), state._engine.config.context
        if rows:
            state._written = history.states
            state._memory.push_all(history.states, history.volume, history.timbre)
            codes = state._with_plan(describe_rows_all(history), 0)
            begin = max(0, rows - context + 1)
            state._engine.start_at(begin)
            state._engine.read(codes[begin:])
            before = int(history.frames[-2]) if rows > 1 else 0
            state._lengths = (int(history.frames[-1]), before)
        state._look()
        return state

    def save(self, rows: int) -> "Saved":
        """Return what `restore` needs, for at most `rows` rows (up to `context`) from here."""
        # The row to come has been looked at already: the keys of its past are the newest.
        self._memory.make_room(rows)
        self._engine.make_room(rows)
        return Saved(
            self._memory.save(), self._engine.mark, self._lengths, self._codes, self.hidden
        )

    def restore(self, saved: "Saved") -> None:
        """Go back to where `save` was called."""
        self._memory.restore(saved.memory)
        self._engine.rewind(saved.mark)
        self._lengths, self._codes, self.hidden = saved.lengths, saved.codes, saved.hidden

    def draw(
        self,
        frames: NDArray[np.int64],
        sampling: RowSampling,
        generator: np.random.Generator,
        kept: Rows | None = None,
        keep: tuple[bool, bool, bool, bool] | NDArray[np.bool_] = (False, False, False, False),
        processor: "LogitsProcessor | None" = None,
    ) -> Rows:
        """Draw rows and continue after them; see `sample_rows`.

        `keep` may be given row by row, shape (rows, 4). `processor` may change each voice's logits
        before it is drawn, and receives every row.
        """
        rows = len(frames)
        table = np.zeros((3, rows, VOICES), dtype=np.uint8)
        kept_voices = np.broadcast_to(np.array(keep), (rows, VOICES))
        for index, length in enumerate(frames.tolist()):
            given = kept.states[index] if kept is not None else None
            mine = kept_voices[index]
            states = self._draw_states(sampling, generator, given, mine, processor)
            volume, timbre = self._express(states, generator, processor)
            if kept is not None:
                volume[mine], timbre[mine] = kept.volume[index, mine], kept.timbre[index, mine]
            table[:, index] = states, volume, timbre
            self.push(states, volume, timbre, length)
            if processor is not None:
                processor.observe(states)
        return Rows(table[0], table[1], table[2], frames)

    def extend(self, rows: Rows) -> None:
        """Go on behind rows that are known, much faster than by drawing them."""
        codes = np.zeros((len(rows), len(self._codes)), dtype=np.uint8)
        for row in range(len(rows)):
            self._push(rows.states[row], rows.volume[row], rows.timbre[row], int(rows.frames[row]))
            codes[row] = self._describe()
        if len(rows):
            self._codes = codes[-1]
            self.hidden = self._engine.read(codes)[-1]

    def push(
        self,
        states: NDArray[np.uint8],
        volume: NDArray[np.uint8],
        timbre: NDArray[np.uint8],
        frames: int,
    ) -> None:
        """Go on behind one row."""
        self._push(states, volume, timbre, frames)
        self._look()

    def _push(
        self,
        states: NDArray[np.uint8],
        volume: NDArray[np.uint8],
        timbre: NDArray[np.uint8],
        frames: int,
    ) -> None:
        self._write(states)
        self._memory.push(states, volume, timbre)
        self._lengths = (frames, self._lengths[0])

    def _write(self, states: NDArray[np.uint8]) -> None:
        rows = self._memory.rows
        if rows >= len(self._written):
            room = np.zeros((max(256, rows // 2), VOICES), dtype=np.uint8)
            self._written = np.concatenate([self._written[:rows], room])
        self._written[rows] = states

    def _look(self) -> None:
        self._codes = self._describe()
        self.hidden = self._engine.read(self._codes[None])[0]

    def _describe(self) -> NDArray[np.uint8]:
        row = describe_next_row(self._memory, self._lengths)[None]
        described: NDArray[np.uint8] = self._with_plan(row, self._memory.rows)[0]
        return described

    def _with_plan(self, codes: NDArray[np.uint8], first: int) -> NDArray[np.uint8]:
        """Append what is planned of rows, the first of which has this index."""
        if not self._has_plan:
            return codes
        told = np.zeros((len(codes), PLAN_COLUMNS), dtype=np.uint8)
        span = slice(first, first + len(codes))
        here, reference = self._plan.codes[span], self._plan.reference[span]
        told[: len(here)] = here
        heard = np.flatnonzero((reference >= 0) & (reference < self._memory.rows))
        if len(heard):
            states = self._written[reference[heard]]
            told[heard[:, None], REFERENCE + np.arange(VOICES)] = states + 1
        return np.concatenate([codes, told], axis=1)

    def _draw_states(
        self,
        sampling: RowSampling,
        generator: np.random.Generator,
        given: NDArray[np.uint8] | None,
        keep: NDArray[np.bool_],
        processor: "LogitsProcessor | None",
    ) -> NDArray[np.uint8]:
        states = np.zeros(VOICES, dtype=np.int64)
        for voice in range(VOICES):
            if given is not None and keep[voice]:
                states[voice] = int(given[voice])
                continue
            logits = self._engine.state_logits(self.hidden, self._codes, states, voice)
            states[voice] = self._choose(logits, voice, states, sampling, generator, processor)
        return states.astype(np.uint8)

    def _choose(
        self,
        logits: NDArray[np.float32],
        voice: int,
        states: NDArray[np.int64],
        sampling: RowSampling,
        generator: np.random.Generator,
        processor: "LogitsProcessor | None" = None,
    ) -> int:
        """Draw one voice's state; its logits are changed in place.

        `states` are those of the voices before it in this row.
        """
        logits[HOLD + 1 :] += np.float32(sampling.onset_bias[voice])
        logits[REST] += np.float32(sampling.rest_bias[voice])
        if voice < NOISE:
            by_class = np.array(sampling.pitch_bias, dtype=np.float32)
            logits[HOLD + 1 :] += by_class[PITCH_CLASSES]
            if sampling.reach is not None:
                low, high = sampling.reach[voice]
                beyond = np.maximum(0, np.maximum(low - _PITCHES, _PITCHES - high))
                logits[HOLD + 1 :] -= (_BEYOND * beyond).astype(np.float32)
        if voice == 0 and sampling.tune is not None:
            self._lean_tune(logits, sampling.tune)
        if voice == 1 and sampling.keeps_below:
            self._keep_below(logits, int(states[0]))
        if processor is not None:
            processor.process(logits, voice)
        if not self._memory.is_sounding(voice):
            logits[HOLD] = NEVER  # a silent voice has nothing to hold
        return draw(logits, sampling.temperature, sampling.top_p, generator, sampling.min_p)

    def _lean_tune(self, logits: NDArray[np.float32], habits: TuneHabits) -> None:
        """Make what a tune does not do less likely for p1."""
        row = self._memory.rows
        last = self._written[max(0, row - _LONGEST) : row, 0]
        begun = last[last > HOLD][-2:].astype(np.int64)
        if len(begun):
            beyond = np.maximum(0, np.abs(_PITCHES - begun[-1]) - _STEP)
            cost = np.minimum(_MOST_LEAP, habits.leap * beyond).astype(np.float32)
            logits[HOLD + 1 :] -= cost
            logits[begun[0]] -= np.float32(habits.back * (len(begun) > 1))
        if row >= len(self._plan.codes):
            return
        here = self._plan.codes[row]
        size = int(here[SPANS["meter"]][1])
        if size and int(here[SPANS["kind"]][0]) == NEW and row >= size:
            before = int(self._written[row - size, 0])
            if before != REST:
                logits[before] -= np.float32(habits.again if before > HOLD else habits.again / 3)

    def _keep_below(self, logits: NDArray[np.float32], first: int) -> None:
        """Make what p2 would sound above p1, or too close to it, less likely.

        Parameters
        ----------
        first
            What p1 does in this row.
        """
        before, mine = self._sounding(0), self._sounding(1)
        lead = first if first > HOLD else before if first == HOLD else 0
        if not lead:
            return
        logits[max(lead, HOLD + 1) :] -= np.float32(_CROSSED)
        logits[max(lead - _ROOM + 1, HOLD + 1) : lead] -= np.float32(_CLOSE)
        if mine >= lead:
            logits[HOLD] -= np.float32(_CROSSED)
        if before and mine and first > HOLD and first != before and (before - mine) % 12 == 0:
            along = (_PITCHES - lead) % 12 == 0
            logits[HOLD + 1 :] -= np.where(along, _PARALLEL, 0.0).astype(np.float32)

    def _sounding(self, voice: int) -> int:
        """Return the pitch that a voice sounds, 0 if it is silent."""
        if not self._memory.is_sounding(voice):
            return 0
        last = self._written[max(0, self._memory.rows - _LONGEST) : self._memory.rows, voice]
        begun = np.flatnonzero(last > HOLD)
        return int(last[begun[-1]]) if len(begun) else 0

    def _express(
        self,
        states: NDArray[np.uint8],
        generator: np.random.Generator,
        processor: "LogitsProcessor | None" = None,
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        volume, timbre = np.zeros(VOICES, dtype=np.uint8), np.zeros(VOICES, dtype=np.uint8)
        for voice in range(VOICES):
            if states[voice] <= HOLD:
                continue
            if voice == TRIANGLE:
                volume[voice] = 1
                continue
            loud, colour = self._engine.expression_logits(self.hidden, int(states[voice]), voice)
            loud[0] = NEVER  # a note that begins is heard
            if processor is not None:
                processor.process_expression(loud, colour, voice)
            if voice == NOISE:
                colour[2:] = NEVER  # the noise has two modes
            volume[voice] = draw(loud, 1.0, _EXPRESSION_TOP_P, generator)
            timbre[voice] = draw(colour, 1.0, _EXPRESSION_TOP_P, generator)
        return volume, timbre


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """Where a `RowState` stood."""

    memory: Any
    mark: tuple[int, int]
    lengths: tuple[int, int]
    codes: NDArray[np.uint8]
    hidden: NDArray[np.float32]
