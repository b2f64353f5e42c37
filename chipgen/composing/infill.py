"""Fills a gap in a piece with the best of several candidates, judged by the rows that follow.

The best ones are drawn again from their middle on, and from their last quarter on, so that most
drafts are of the rows that lead into what follows.
"""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.draft_faults import Wanted, judge, longest_rest
from chipgen.composing.infill_ways import Marked, Way, as_heard_before
from chipgen.composing.infill_wishes import Wishes, WishProcessor
from chipgen.composing.plan_processor import PlanProcessor
from chipgen.rows.plan_features import PlannedRows
from chipgen.rows.row_states import HOLD, TRIANGLE, Rows

if TYPE_CHECKING:  # the sampler is compiled; it is loaded only when a model is used
    from chipgen.models.row_transformer.conditional_sampling import InfillState
    from chipgen.models.row_transformer.sampling import RowSampling

AFTER_ROWS: Final = 64  # of the music that follows, by which candidates are judged
FOLLOWING_ROWS: Final = 256  # of it that candidates may take up
CANDIDATES: Final = 15  # drawn whole, where something follows
LONG_CANDIDATES: Final = 6  # of a passage of more rows than `SHORT_ROWS`, which take longer
SHORT_ROWS: Final = 128
REDRAWN: Final = 5  # times that the end of each of the best is drawn again
_BEST: Final = 3  # of candidates, whose ends are drawn again
_ENDS: Final = ((0.5, 64), (0.25, 32))  # shares of a passage that are, and rows, at most
_MOST_BORROWED: Final = 0.5  # of a tune's notes, that may be those of what it varies
_FEWEST_BORROWED: Final = 6  # notes of which that can be told
_SAME_CHORDS: Final = 0.75  # of a passage, where its chords are to be kept
_LONGEST_REST, _RESTS_FAULT = 64, 0.5  # rows of a voice, where bars are the music's own
TRIES: Final = 4  # where nothing does and a candidate is thin, dense, silent or a drone
_FEWEST_HZ: Final = 0.5  # what a voice with less before is held to


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """A passage to be filled.

    Attributes
    ----------
    before, passage, after
        Rows; of the passage what is kept and the row lengths count. `FOLLOWING_ROWS` are enough
        of what comes after.
    kept
        What is kept of p1, p2, tr, no in the passage, shape (rows, 4).
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
    lags
        Rows after which what is around the passage is most alike, the best first; its length at
        least.
    in_bars
        Whether bars are the music's own.
    wishes
        What is asked of the passage.
    """

    before: Rows
    passage: Rows
    after: Rows
    kept: NDArray[np.bool_]
    wanted_hz: NDArray[np.float64]
    expected: NDArray[np.bool_]
    around: Rows
    plan: PlannedRows | None = None
    leans: bool = False
    again: PlannedRows | None = None
    lags: tuple[int, ...] = ()
    in_bars: bool = False
    wishes: Wishes = field(default_factory=Wishes)

    @property
    def written(self) -> NDArray[np.bool_]:
        """Which of p1, p2, tr, no are written; shape (4,)."""
        return np.logical_not(self.kept.all(axis=0))


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
        How many to draw whole where something follows; by the passage's length, if None. Where
        nothing does, one is enough unless it is at fault.
    """
    drafts = _Drafts(model, gap, sampling, rng_seed)
    whole = gap.passage[:0]
    if not len(gap.after):
        way = Way(gap.before, gap.plan)
        while drafts.draw(way, whole, 1) > 0.0 and drafts.count < TRIES:
            pass
        return drafts.best()
    most = candidates or (CANDIDATES if len(gap.passage) <= SHORT_ROWS else LONG_CANDIDATES)
    for way in (ways := _ways(gap, drafts)):
        drafts.draw(way, whole, most if len(ways) == 1 else -(-most // 3))
    for share, most in _ENDS:
        begin = len(gap.passage) - min(most, int(share * len(gap.passage)))
        if begin < len(gap.passage):
            for draft in drafts.ranked()[:_BEST]:
                drafts.draw(draft.way, draft.rows[:begin], REDRAWN)
    return drafts.best()


@dataclass(frozen=True, slots=True, eq=False)
class _Draft:
    """A candidate, how it was drawn, what is wrong with it, and −log p of what follows it."""

    way: Way
    rows: Rows
    fault: float
    nats: float


class _Drafts:
    """Draws candidates, each with a generator of its own, and ranks them."""

    def __init__(self, model: Any, gap: Gap, sampling: "RowSampling", rng_seed: int) -> None:
        self._model, self._gap, self._rng_seed = model, gap, rng_seed
        self._wanted, self._found = _wanted(gap), list[_Draft]()
        self._sampling = _with_bias(sampling, gap.wishes.first_lead(gap.wanted_hz, gap.written))
        self._marked: dict[Way, Marked] = {}
        self._heard = Way(gap.before, None)  # candidates are compared without a plan

    @property
    def count(self) -> int:
        """How many were drawn."""
        return len(self._found)

    def draw(self, way: Way, head: Rows, times: int) -> float:
        """Draw a passage behind its first rows, or whole; return the last candidate's fault."""
        gap, begin, rest = self._gap, len(head), len(self._gap.passage) - len(head)
        drawn = self._state_of(way, 0).behind(head, rest)
        heard = self._state_of(self._heard, AFTER_ROWS).behind(head, rest + AFTER_ROWS)
        kept = gap.kept
        again = way.referred(len(gap.passage)) if way.copies.any() else None
        given = gap.passage if again is None else _where(kept, gap.passage, again)
        if again is not None:
            kept = kept | way.copies
        for _ in range(times):
            state = drawn.state()
            rows = state.fill(
                given[begin:],
                kept[begin:],
                self._sampling,
                np.random.default_rng([self._rng_seed, self.count]),
                processor=self._processor(way, head),
            ).rows
            nats = _after_nats(heard.state(), rows, gap.after) if len(gap.after) else 0.0
            self._take(way, head.then(rows), nats)
        return self._found[-1].fault

    def nats_of(self, rows: Rows | None) -> float:
        """Return −log of the probability of what follows a passage; infinite without one."""
        if rows is None:
            return float("inf")
        heard = self._state_of(self._heard, AFTER_ROWS).state()
        return _after_nats(heard, rows, self._gap.after)

    def ranked(self) -> list[_Draft]:
        """Return what was drawn, the best first."""
        # Faults that differ by little are no reason to prefer a candidate.
        return sorted(self._found, key=lambda draft: (round(draft.fault, 1), draft.nats))

    def best(self) -> Filled:
        """Return the candidate that is chosen."""
        best = self.ranked()[0]
        return Filled(best.rows, self.count, best.nats)

    def _state_of(self, way: Way, more_rows: int) -> Marked:
        """Return where a way begins the passage, with room for it and more."""
        if way not in self._marked:
            rows = len(self._gap.passage) + more_rows
            self._marked[way] = Marked(partial(_state_after, self._model, way), rows)
        return self._marked[way]

    def _processor(self, way: Way, head: Rows) -> WishProcessor:
        wishes, leaning = self._gap.wishes, None
        if way.plan and self._gap.leans:
            leaning = PlanProcessor(way.plan, len(way.history), roots=True)
        processor = WishProcessor(wishes, leaning)
        for states in head.states:
            processor.observe(states)
        return processor

    def _take(self, way: Way, rows: Rows, nats: float) -> None:
        """Judge a candidate, and let what is wrong with it lead the next one."""
        gap, wishes = self._gap, self._gap.wishes
        verdict, off = judge(rows, self._wanted), wishes.off(rows, gap.written)
        lead = verdict.onset_bias + wishes.lead(rows, gap.written)
        self._sampling = _with_bias(self._sampling, lead)
        fault = verdict.fault + _is_old(rows, gap) + float(np.abs(off).sum())
        asked = self._wanted.expected & gap.written & gap.in_bars
        for voice in np.flatnonzero(asked):
            fault += _RESTS_FAULT * (longest_rest(rows, int(voice)) > _LONGEST_REST)
        if gap.written[0]:
            fault += _borrowed(rows, way.referred(len(rows)))
        self._found.append(_Draft(way, rows, fault, nats))


def _where(kept: NDArray[np.bool_], passage: Rows, other: Rows) -> Rows:
    """Return a passage where it is kept, and other rows elsewhere."""
    return Rows(
        np.where(kept, passage.states, other.states),
        np.where(kept, passage.volume, other.volume),
        np.where(kept, passage.timbre, other.timbre),
        passage.frames,
    )


def _state_after(model: Any, way: Way) -> "InfillState":
    from chipgen.models.row_transformer.conditional_sampling import state_after

    return state_after(model, way.history, way.plan)


def _after_nats(heard: "InfillState", rows: Rows, after: Rows) -> float:
    """Return −log of the probability of what follows a candidate."""
    heard.extend(rows)
    return heard.measure(after[:AFTER_ROWS])


def _ways(gap: Gap, drafts: _Drafts) -> list[Way]:
    """Return ways to draw a passage: on its past alone, and as what follows or was heard before.

    These are taken up freely, or with new pulses over their bass and drums, if they have the chords
    of the passage where chords are leaned on. Of the rows that follow, those are taken up that
    would lead to what follows themselves.
    """
    usual, size = Way(gap.before, gap.plan), len(gap.passage)
    if gap.plan is None:
        return [usual]
    after = gap.after[:FOLLOWING_ROWS]
    ahead = [as_heard_before(gap.before, size, after, gap.plan, n) for n in (size, *gap.lags)]
    taken = [min(ahead, key=lambda way: drafts.nats_of(way.referred(size)))]
    if gap.again is not None:
        taken.append(Way(gap.before, gap.again))
    if gap.written[:TRIANGLE].any() and not gap.wishes.bind_notes:
        fitting = [way for way in taken if not gap.leans or way.chords_kept() >= _SAME_CHORDS]
        taken += [way.over_its_bass() for way in fitting]
    return [usual, *taken]


def _is_old(rows: Rows, gap: Gap) -> bool:
    new = ~gap.kept
    return bool(new.any() and np.array_equal(rows.states[new], gap.passage.states[new]))


def _borrowed(rows: Rows, heard: Rows | None) -> float:
    """Return how much more of p1 than may be is that of the passage which is varied."""
    if heard is None:
        return 0.0
    mine, other = rows.states[:, 0], heard.states[:, 0]
    begun = (mine > HOLD) | (other > HOLD)
    same = float(((mine == other) & begun).sum()) / max(1, begun.sum())
    return max(0.0, same - _MOST_BORROWED) if begun.sum() >= _FEWEST_BORROWED else 0.0


def _wanted(gap: Gap) -> Wanted:
    hz = np.maximum(gap.wanted_hz, _FEWEST_HZ)
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
