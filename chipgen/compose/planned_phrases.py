"""Draws the phrases that a plan asks for: several candidates of each, the best of which is kept."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.compose.accompaniment import PlayedRows
from chipgen.compose.best_of_n import (
    AFTER_ROWS,
    CLOSING_TRIES,
    TRIES,
    Phrase,
    silent_end,
    steer,
)
from chipgen.compose.plan_processor import PlanProcessor
from chipgen.compose.planner import Planner
from chipgen.compose.row_statistics import onsets_hz, sounding_of
from chipgen.models.row_transformer.conditional_sampling import InfillState
from chipgen.models.row_transformer.sampling import RowSampling
from chipgen.rows.plan_features import SPANS, encode_known
from chipgen.rows.row_states import HOLD, NOISE, REST, Rows
from chipgen.rows.row_timing import RowTiming

_DENSITY: Final = (0.45, 2.0)  # onsets a second of a voice, against the seed's
_LIVELY_HZ: Final = 0.7  # a voice that played more than this in the seed plays on
_SILENT_SHARE: Final = 0.35
_DRONE_SHARE: Final = 0.5
_LATE: Final = 0.3  # for each voice that does not play in the first bar
_STUCK: Final = 12  # times that a voice begins one pitch on end


def draw_planned(
    model: Any,
    history: Rows,
    timing: RowTiming,
    planner: Planner,
    phrase_beats: float,
    rows: int | None,
    sampling: RowSampling,
    rng_seed: int,
    silent: tuple[bool, bool, bool, bool],
    closing: Rows | None = None,
    played: Callable[[int, int], PlayedRows] | None = None,
) -> Iterator[Phrase]:
    """Yield phrase after phrase of rows that go on from a seed as planned.

    Parameters
    ----------
    model
        `RowWeights` or a `RowTransformer`.
    history
        The seed; not empty.
    timing
        When the rows are that follow.
    planner
        Plans them.
    phrase_beats
        How long a phrase is.
    rows
        How many to draw in all; None never ends.
    sampling
        How freely.
    rng_seed
        Every candidate has a generator of its own, made from this, the phrase and the try.
    silent
        Voices that are to rest.
    closing
        What follows the last phrase, such as a loop's beginning; the candidate after which it is
        likeliest is kept. Empty rows stand for the first ones that are drawn here.
    played
        Returns what voices play that are not drawn, in so many rows from one on.
    """
    planner.ensure(len(history) + AFTER_ROWS)
    state = InfillState.after(model, history, planner.rows)
    processor = PlanProcessor(planner.rows, len(history), closes=planner.closes)
    leaning = processor if planner.leans else None
    opening, whole = history[:0], history
    bar_rows = max(4, timing.rows_in(planner.bar_beats or phrase_beats))
    had = onsets_hz(history[-1024:])
    first, number, more = 0, 0, 0.0
    while rows is None or first < rows:
        count = timing.rows_in((number + 1) * phrase_beats) - first
        count = count if rows is None else min(count, rows - first)
        planner.ensure(len(history) + first + count + AFTER_ROWS)
        frames = timing.frames_of(first, count)
        kept, keep = _repeated(whole, planner, frames, silent)
        if played is not None:
            kept, keep = _with(kept, keep, played(first, count))
            planner.rows.codes[len(whole) : len(whole) + count, SPANS["known"]] = encode_known(
                kept.states, keep
            )
        leads = closing is not None and first + count == rows
        saved, processed = state.save(count + AFTER_ROWS * leads), processor.save()
        p1, p2, tr, no = sampling.onset_bias
        wish = replace(sampling, onset_bias=(p1 + more, p2 + more, tr + more, no))
        candidates: list[tuple[float, float, Rows]] = []
        for attempt in range(CLOSING_TRIES if leads else TRIES):
            if attempt:
                state.restore(saved)
                processor.restore(processed)
            rng = np.random.default_rng([rng_seed, number, attempt])
            drawn = state.draw(frames, wish, rng, kept, keep, leaning)
            fault, thin = judge(drawn, had, silent)
            if first == 0:  # the band goes on at once
                missing = (had > _LIVELY_HZ) & (onsets_hz(drawn[:bar_rows]) == 0)
                fault += _LATE * float((missing & ~np.array(silent)).sum())
            nats = 0.0
            if leads and closing is not None:
                back = closing if len(closing) else opening.then(drawn)[:AFTER_ROWS]
                nats = state.measure(back)
                fault += silent_end(drawn)
            candidates.append((fault, nats, drawn))
            if fault == 0.0 and not leads:
                break
            p1, p2, tr, no = (have + 0.4 * thin for have in wish.onset_bias)
            wish = replace(wish, onset_bias=(p1, p2, tr, no))
        *_, best = min(candidates, key=lambda candidate: candidate[:2])
        if best is not candidates[-1][-1] or leads:
            state.restore(saved)
            state.extend(best)
        processor.restore(processed + count)
        whole = whole.then(best)
        opening = opening.then(best[: AFTER_ROWS - len(opening)])
        if planner.leans:  # as dense as the seed
            more = steer(more, float(had[:NOISE].sum()), float(onsets_hz(best)[:NOISE].sum()))
        yield Phrase(first, best, len(candidates))
        first, number = first + count, number + 1


def _repeated(
    whole: Rows, planner: Planner, frames: NDArray[np.int64], silent: tuple[bool, bool, bool, bool]
) -> tuple[Rows, NDArray[np.bool_]]:
    """Return rows that repeat earlier ones as planned, and which of their voices do.

    A note that rings into what is repeated begins with it. Voices that rest are rests.
    """
    source, keep = planner.copies(len(whole), len(frames))
    states, volume, timbre = (np.zeros(keep.shape, dtype=np.uint8) for _ in range(3))
    for voice in range(keep.shape[1]):
        rows = np.flatnonzero(keep[:, voice])
        for row in rows.tolist():
            at = int(source[row])
            goes_on = row > 0 and keep[row - 1, voice] and source[row - 1] == at - 1
            if whole.states[at, voice] == HOLD and not goes_on:
                begun = np.flatnonzero(whole.states[: at + 1, voice] != HOLD)
                if not len(begun):
                    continue  # nothing to hold: a rest
                at = int(begun[-1])
            states[row, voice] = whole.states[at, voice]
            volume[row, voice] = whole.volume[at, voice]
            timbre[row, voice] = whole.timbre[at, voice]
    rests = np.array(silent)
    states[:, rests] = REST
    return Rows(states, volume, timbre, frames), keep | rests


def _with(kept: Rows, keep: NDArray[np.bool_], more: PlayedRows) -> tuple[Rows, NDArray[np.bool_]]:
    """Return what is kept, and more voices that are."""
    states, volume, timbre = (
        np.where(more.voices, new, old)
        for new, old in (
            (more.rows.states, kept.states),
            (more.rows.volume, kept.volume),
            (more.rows.timbre, kept.timbre),
        )
    )
    return Rows(states, volume, timbre, kept.frames), keep | more.voices


def judge(
    rows: Rows, had: NDArray[np.float64], silent: tuple[bool, bool, bool, bool]
) -> tuple[float, bool]:
    """Return a candidate's fault, 0 if it may stand, and whether it is thin.

    Parameters
    ----------
    rows
        The candidate.
    had
        Onsets a second of each voice in the seed, shape (4,).
    silent
        Voices that rest.
    """
    have = onsets_hz(rows)
    plays = (had > _LIVELY_HZ) & ~np.array(silent)
    thin = plays & (have < _DENSITY[0] * had)
    dense = plays & (have > _DENSITY[1] * had)
    still, shares = sounding_of(rows)
    drone = float(shares.max() / max(1.0, shares.sum())) if shares.any() else 1.0
    stuck = sum(_longest_run(rows, voice) > _STUCK for voice in range(3))
    fault = (
        0.4 * float((plays & (have == 0)).sum())
        + 0.3 * float(thin.sum())
        + 0.2 * float(dense.sum())
        + max(0.0, still - _SILENT_SHARE)
        + max(0.0, drone - _DRONE_SHARE)
        + 0.2 * stuck
    )
    return fault, bool(thin.any() or still > _SILENT_SHARE)


def _longest_run(rows: Rows, voice: int) -> int:
    """Return how many times on end a voice begins one pitch at most."""
    begun = rows.states[:, voice]
    begun = begun[begun > HOLD]
    if not len(begun):
        return 0
    changes = np.flatnonzero(np.concatenate([[True], begun[1:] != begun[:-1], [True]]))
    return int(np.diff(changes).max())
