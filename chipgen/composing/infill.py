"""Fills a gap in a piece with the best of several candidates, judged by the rows that follow."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.draft_faults import Wanted, judge
from chipgen.composing.infill_wishes import Wishes, WishProcessor
from chipgen.composing.plan_processor import PlanProcessor
from chipgen.rows.plan_features import PlannedRows
from chipgen.rows.row_states import HOLD, Rows

if TYPE_CHECKING:  # the sampler is compiled; it is loaded only when a model is used
    from chipgen.models.row_transformer.sampling import RowSampling

AFTER_ROWS: Final = 64  # of the music that follows, by which candidates are judged
CANDIDATES: Final = 24  # where something follows
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
        Rows; of the passage the kept voices and the row lengths count.
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
    length = len(gap.passage) + AFTER_ROWS
    usual = CANDIDATES if len(gap.passage) <= SHORT_ROWS else LONG_CANDIDATES
    most = (candidates or usual) if leads else TRIES
    plans = [gap.plan] * most
    if leads and gap.again is not None:
        plans += [gap.again] * most
    found: list[tuple[float, float, Rows]] = []
    wanted, written = _wanted(gap), gap.written
    sampling = _with_bias(sampling, gap.wishes.first_lead(gap.wanted_hz, written))
    saved = state = None
    for number, plan in enumerate(plans):
        if state is None or saved is None or number == most:
            state = state_after(model, gap.before, plan)
            saved = state.save(length) if length <= _LONGEST_MARKED else None
        else:
            state.restore(saved)
        # A model that reads plans is conditioned on the kept voices.
        proposals = 1 if state.knows_kept else PROPOSALS
        generator = np.random.default_rng([rng_seed, number])
        leaning = None
        if plan and gap.leans:
            leaning = PlanProcessor(plan, len(gap.before), roots=gap.wishes.has_chords)
        held = WishProcessor(gap.wishes, leaning)
        rows = state.fill(gap.passage, gap.keep, sampling, generator, proposals, held).rows
        verdict = judge(rows, wanted)
        fault = verdict.fault + _is_old(rows, gap) + np.abs(gap.wishes.off(rows, written)).sum()
        sampling = _with_bias(sampling, verdict.onset_bias + gap.wishes.lead(rows, written))
        found.append((fault, state.measure(gap.after), rows))
        if not leads and fault == 0.0:
            break
    # Faults that differ by little are no reason to prefer a candidate.
    _, nats, best = min(found, key=lambda candidate: (round(candidate[0], 1), candidate[1]))
    return Filled(best, len(found), nats)


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
