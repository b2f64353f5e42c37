"""Draws several candidates of each phrase that follows a seed, and keeps the best."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.accompaniment import PlayedRows
from chipgen.composing.draft_faults import Wanted, judge, longest_note
from chipgen.composing.pitch_class_bias import PitchClassBias
from chipgen.composing.plan_processor import PlanProcessor
from chipgen.composing.planner import Planner
from chipgen.composing.row_statistics import onsets_hz
from chipgen.models.row_transformer.conditional_sampling import InfillState
from chipgen.models.row_transformer.sampling import RowSampling
from chipgen.rows.plan_features import SPANS, encode_known
from chipgen.rows.row_states import HOLD, NOISE, REST, Rows
from chipgen.rows.row_timing import RowTiming

TRIES: Final = 4
CLOSING_TRIES: Final = 6  # of a last phrase that is to lead somewhere
AFTER_ROWS: Final = 64  # of what follows, by which its candidates are judged
_RECENT_ROWS: Final = 1024  # of the seed, which tell how dense its voices are
_LIVELY_HZ: Final = 0.7  # a voice that played more than this in the seed plays on
_LATE: Final = 0.3  # for each voice that does not play in the first bar
_SAME: Final = 1.0  # for a new tune, by how far it is over half the one whose chords it has
_TELLING_DRUMS: Final = 8  # of a seed, which tell its kit
_SILENT_END: Final = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Phrase:
    """Rows that were drawn together.

    Attributes
    ----------
    first
        Index of their first row in the continuation.
    rows
        What the voices do.
    tries
        How many candidates were drawn.
    """

    first: int
    rows: Rows
    tries: int


def draw_phrases(
    model: Any,
    history: Rows,
    timing: RowTiming,
    planner: Planner,
    phrase_beats: float,
    rows: int | None,
    sampling: RowSampling,
    rng_seed: int,
    silent: tuple[bool, bool, bool, bool],
    keys: PitchClassBias | None = None,
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
    keys
        What the pitches lean on where chords do not tell the key.
    closing
        What follows the last phrase, such as a loop's beginning; the candidate after which it is
        likeliest is kept. Empty rows stand for the first ones that are drawn here.
    played
        Returns what voices play that are not drawn, in so many rows from one on.
    """
    planner.ensure(len(history) + AFTER_ROWS)
    state = InfillState.after(model, history, planner.rows)
    processor = PlanProcessor(
        planner.rows,
        len(history),
        _drums(history),
        roots=planner.leans and state.knows_kept,
        closes=planner.closes,
    )
    opening, whole = history[:0], history
    bar_rows = max(4, timing.rows_in(planner.bar_beats or phrase_beats))
    had, written = onsets_hz(history[-_RECENT_ROWS:]), ~np.array(silent)
    lively = (had > _LIVELY_HZ) & written
    wanted = Wanted(had, lively, written, longest=_longest(history, bar_rows, planner))
    first, number = 0, 0
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
        wish = sampling if keys is None else replace(sampling, pitch_bias=keys.bias)
        candidates: list[tuple[float, float, Rows]] = []
        for attempt in range(CLOSING_TRIES if leads else TRIES):
            if attempt:
                state.restore(saved)
                processor.restore(processed)
            rng = np.random.default_rng([rng_seed, number, attempt])
            drawn = state.draw(frames, wish, rng, kept, keep, processor)
            verdict = judge(drawn, replace(wanted, planned_hz=_planned_hz(drawn, planner)))
            fault = verdict.fault
            if first == 0:  # the band goes on at once
                fault += _LATE * float((lively & (onsets_hz(drawn[:bar_rows]) == 0)).sum())
            fault += _SAME * _same_tune(whole, drawn, planner)
            nats = 0.0
            if leads and closing is not None:
                back = closing if len(closing) else opening.then(drawn)[:AFTER_ROWS]
                nats = state.measure(back)
                fault += silent_end(drawn)
            candidates.append((fault, nats, drawn))
            if fault == 0.0 and not leads:
                break
            p1, p2, tr, no = (np.array(wish.onset_bias) + verdict.onset_bias).tolist()
            wish = replace(wish, onset_bias=(p1, p2, tr, no))
        *_, best = min(candidates, key=lambda candidate: candidate[:2])
        if best is not candidates[-1][-1] or leads:
            state.restore(saved)
            state.extend(best)
        processor.restore(processed)
        for states in best.states:
            processor.observe(states)
        whole = whole.then(best)
        if keys is not None:
            keys.observe(best)
        opening = opening.then(best[: AFTER_ROWS - len(opening)])
        yield Phrase(first, best, len(candidates))
        first, number = first + count, number + 1


def _drums(history: Rows) -> NDArray[np.uint8] | None:
    """Return the drums of a seed that has enough of them to tell its kit."""
    begun = history.states[:, NOISE]
    begun = begun[begun > HOLD]
    return np.unique(begun) if len(begun) >= _TELLING_DRUMS else None


def _longest(history: Rows, bar_rows: int, planner: Planner) -> int | None:
    """Return how long a note of a tune may be, in rows: a bar, or half as long again as before."""
    if planner.bar_beats is None:
        return None  # bars are guessed, and a lead may be a drone
    return max(bar_rows, 3 * longest_note(history[-_RECENT_ROWS:], 0) // 2)


def _planned_hz(rows: Rows, planner: Planner) -> float | None:
    """Return how many notes a second of a tune are planned; None where bars are guessed."""
    return None if planner.bar_beats is None else float(planner.onsets_hz(rows)[0])


def _same_tune(whole: Rows, drawn: Rows, planner: Planner) -> float:
    """Return by how far over half of a draft's new tune is what was played over its chords before.

    Where bars are guessed, and planned repeats may be in the wrong place, it counts for nothing.
    """
    source = planner.followed(len(whole), len(drawn))
    told = source >= 0
    if planner.bar_beats is None or not told.any():
        return 0.0
    tune, before = drawn.states[told, 0], whole.states[source[told], 0]
    begun = (tune > HOLD) | (before > HOLD)
    return max(0.0, float((tune == before)[begun].mean()) - 0.5) if begun.any() else 0.0


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


def silent_end(rows: Rows) -> float:
    """Return the share of rows that nothing sounds in any more: 0 unless it is over a tenth.

    Before a loop's beginning, silence is likely, but is not what leads there.
    """
    still = (rows.states == REST).all(axis=1)
    last = len(rows) if still.all() else int(np.argmin(still[::-1]))
    return last / max(1, len(rows)) if last > _SILENT_END * len(rows) else 0.0
