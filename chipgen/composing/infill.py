"""Fills a gap in a piece with the best of several candidates, judged by the rows that follow.

Some candidates are drawn as if what follows had been heard before, so that they can take it up.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.draft_faults import Wanted, judge
from chipgen.composing.infill_wishes import Wishes, WishProcessor
from chipgen.composing.plan_processor import PlanProcessor
from chipgen.rows.plan_features import SPANS, VARIED, PlannedRows
from chipgen.rows.row_states import HOLD, Rows

if TYPE_CHECKING:  # the sampler is compiled; it is loaded only when a model is used
    from chipgen.models.row_transformer.conditional_sampling import InfillState
    from chipgen.models.row_transformer.sampling import RowSampling

AFTER_ROWS: Final = 64  # of the music that follows, by which candidates are judged
FOLLOWING_ROWS: Final = 256  # of it that candidates may take up
CANDIDATES: Final = 24  # where something follows
_AHEAD: Final = 2 / 3  # of these, those that take up what follows
LONG_CANDIDATES: Final = 6  # of a passage of more rows than `SHORT_ROWS`, which take longer
SHORT_ROWS: Final = 128
TRIES: Final = 4  # where nothing does and a candidate is thin, dense, silent or a drone
_LONGEST_MARKED: Final = 384  # rows over which one state of the model can be gone back to
_FEWEST_HZ, _MOST_HZ = 0.5, 6.0  # what a voice with more or less before is held to

Keep = tuple[bool, bool, bool, bool]


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """A passage to be filled.

    Attributes
    ----------
    before, passage, after
        Rows; of the passage the kept voices and the row lengths count. `FOLLOWING_ROWS` are enough
        of what comes after.
    keep
        Which of p1, p2, tr, no are kept.
    wanted_hz
        Onsets a second that each voice had where the piece is known, shape (4,).
    expected
        Which voices are not to stay silent, shape (4,).
    around
        The piece as it is, a little before the passage, in it and a little after it.
    plan
        What the passage and the rows before it were written to, and in the passage what is kept;
        None if that is not known.
    leans
        Whether the plan's chords are leaned on: where bars are the music's own.
    again
        The plan of a passage that varies an earlier one, if what is around it came before.
    in_bars
        Whether bars are the music's own.
    wishes
        What is asked of the passage.
    """

    before: Rows
    passage: Rows
    after: Rows
    keep: Keep
    wanted_hz: NDArray[np.float64]
    expected: NDArray[np.bool_]
    around: Rows
    plan: PlannedRows | None = None
    leans: bool = False
    again: PlannedRows | None = None
    in_bars: bool = False
    wishes: Wishes = field(default_factory=Wishes)

    @property
    def written(self) -> NDArray[np.bool_]:
        """Which of p1, p2, tr, no are written; shape (4,)."""
        return ~np.array(self.keep)


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """The candidate that was chosen.

    Attributes
    ----------
    rows
        Of the passage.
    candidates
        How many were drawn.
    after_nats
        −log of the probability of the rows that follow.
    """

    rows: Rows
    candidates: int
    after_nats: float


def fill_gap(
    model: Any,
    gap: Gap,
    sampling: "RowSampling",
    rng_seed: int,
    *,
    candidates: int | None = None,
) -> Filled:
    """Draw candidates of a passage, and choose the one after which what follows is likeliest.

    Parameters
    ----------
    model
        Weights of a row transformer.
    gap
        What is to be filled.
    sampling
        How freely.
    rng_seed
        0 to 2³² − 1; the same number gives the same rows.
    candidates
        How many to draw where something follows; by the passage's length, if None. Where nothing
        does, one is enough unless it is at fault.
    """
    from chipgen.models.row_transformer.conditional_sampling import PROPOSALS, state_after

    leads = len(gap.after) > 0
    found: list[tuple[float, float, Rows]] = []
    wanted, written = _wanted(gap), gap.written
    sampling = _with_bias(sampling, gap.wishes.first_lead(gap.wanted_hz, written))
    heard = _Marked(lambda: state_after(model, gap.before), len(gap.passage) + AFTER_ROWS)
    for way, count in _ways(gap, candidates):
        drawn = _Marked(partial(state_after, model, way.history, way.plan), len(gap.passage))
        for _ in range(count):
            state = drawn.state()
            # A model that reads plans is conditioned on the kept voices.
            proposals = 1 if state.knows_kept else PROPOSALS
            generator = np.random.default_rng([rng_seed, len(found)])
            leaning = None
            if way.plan and gap.leans:
                leaning = PlanProcessor(way.plan, len(way.history), roots=gap.wishes.has_chords)
            held = WishProcessor(gap.wishes, leaning)
            rows = state.fill(gap.passage, gap.keep, sampling, generator, proposals, held).rows
            verdict = judge(rows, wanted)
            fault = verdict.fault + _is_old(rows, gap) + np.abs(gap.wishes.off(rows, written)).sum()
            sampling = _with_bias(sampling, verdict.onset_bias + gap.wishes.lead(rows, written))
            found.append((fault, _after_nats(heard, rows, gap) if leads else 0.0, rows))
            if not leads and fault == 0.0:
                break
    # Faults that differ by little are no reason to prefer a candidate.
    _, nats, best = min(found, key=lambda candidate: (round(candidate[0], 1), candidate[1]))
    return Filled(best, len(found), nats)


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """What candidates are drawn after, and what they are planned as."""

    history: Rows
    plan: PlannedRows | None


def _ways(gap: Gap, candidates: int | None) -> list[tuple[_Way, int]]:
    """Return ways to draw candidates of a passage, and how many to draw in each."""
    usual = _Way(gap.before, gap.plan)
    if not len(gap.after):
        return [(usual, TRIES)]
    most = candidates or (CANDIDATES if len(gap.passage) <= SHORT_ROWS else LONG_CANDIDATES)
    if gap.plan is None:
        return [(usual, most)]
    ahead = round(_AHEAD * most)
    ways = [(usual, most - ahead), (_as_heard_before(gap, gap.plan), ahead)]
    if gap.again is not None:
        ways.append((_Way(gap.before, gap.again), most - ahead))
    return ways


def _as_heard_before(gap: Gap, plan: PlannedRows) -> _Way:
    """Return what follows a passage as if it had come before all, and a plan to vary it."""
    begin, count = len(gap.before), min(len(gap.after), FOLLOWING_ROWS)
    end = begin + len(gap.passage)
    codes = np.concatenate([plan.codes[end : end + count], plan.codes[:end]])
    known = plan.reference[:end]
    varied = np.arange(len(gap.passage))
    reference = np.concatenate(
        [
            np.full(count, -1),
            np.where(known >= 0, known + count, -1)[:begin],
            np.where(varied < count, varied, -1),
        ]
    )
    codes[count + begin :, SPANS["kind"]] = np.where(varied < count, VARIED, 0)[:, None]
    return _Way(gap.after[:count].then(gap.before), PlannedRows(codes, reference))


class _Marked:
    """A state of the model that is gone back to; made anew where too much is drawn for that."""

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


def _after_nats(heard: _Marked, rows: Rows, gap: Gap) -> float:
    """Return −log of the probability of what follows a candidate."""
    state = heard.state()
    state.extend(rows)
    return state.measure(gap.after[:AFTER_ROWS])


def _is_old(rows: Rows, gap: Gap) -> bool:
    written = gap.written
    return bool(np.array_equal(rows.states[:, written], gap.passage.states[:, written]))


def _wanted(gap: Gap) -> Wanted:
    hz = np.clip(gap.wanted_hz, _FEWEST_HZ, _MOST_HZ)
    if gap.wishes.density is not None:
        hz = gap.wishes.density
    expected = gap.expected
    if gap.wishes.rhythm is not None:  # who rests is to rest
        expected = expected & (gap.wishes.rhythm > HOLD).any(axis=0)
    return Wanted(hz, expected, gap.written)


def _with_bias(sampling: "RowSampling", bias: NDArray[np.float64]) -> "RowSampling":
    if not bias.any():
        return sampling
    onsets = np.array(sampling.onset_bias) + bias
    p1, p2, tr, no = onsets.tolist()
    rests = np.array(sampling.rest_bias) - bias
    r1, r2, r3, r4 = rests.tolist()
    return replace(sampling, onset_bias=(p1, p2, tr, no), rest_bias=(r1, r2, r3, r4))
