"""Draws several candidates of each phrase that follows a seed, and keeps the best."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.compose.logits_processors import SeedLogitsProcessor
from chipgen.compose.pitch_class_bias import PitchClassBias
from chipgen.compose.row_statistics import onsets_hz, sounding_of
from chipgen.models.row_transformer.conditional_sampling import state_after
from chipgen.models.row_transformer.sampling import RowSampling
from chipgen.rows.row_inference import NES_FRAME_HZ
from chipgen.rows.row_states import HOLD, NOISE, REST, Rows
from chipgen.rows.row_timing import RowTiming

TRIES: Final = 4
CLOSING_TRIES: Final = 6  # of a last phrase that is to lead somewhere
AFTER_ROWS: Final = 64  # of what follows, by which its candidates are judged
DRONE_SHARE: Final = 0.5  # of sounding time that one pitch class may have
SILENT_SHARE: Final = 0.35  # of rows in which nothing sounds
_DENSITY: Final = (0.4, 2.2)  # onsets a second, against the seed's
_VOICE_ONSETS_HZ: Final = 0.5  # a voice that played more than this in the seed plays on
_ABSENT_FAULT: Final = 0.1  # for each that does not
_ONSETS_HZ: Final = 12.5  # melodic onsets a second in NES-MDB, for seeds too short to measure
_SILENT_END: Final = 0.1
_STEERING: Final = 0.5  # nats for onsets at 1/e of the target rate
_MOST_STEERED: Final = 1.5
_LEAST_HZ: Final = 0.25
_JUDGED_S: Final = 8.0  # a phrase is judged with what was composed before it, so far back


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
    phrase_beats: float,
    rows: int | None,
    sampling: RowSampling,
    key_bias: float,
    rng_seed: int,
    processor: SeedLogitsProcessor,
    silent: tuple[bool, bool, bool, bool] = (False, False, False, False),
    closing: Rows | None = None,
    *,
    keeps_density: bool = False,
) -> Iterator[Phrase]:
    """Yield phrase after phrase of rows that go on from a seed.

    Parameters
    ----------
    model
        `RowWeights` or a `RowTransformer`.
    history
        The seed; not empty.
    phrase_beats
        How long a phrase is.
    rows
        How many to draw in all; None never ends.
    silent
        Voices that are to rest.
    processor
        Keeps to the seed's style; it receives what is drawn.
    closing
        What follows the last phrase, such as a loop's beginning; the candidate after which it is
        likeliest is kept. Empty rows stand for the first ones that are drawn here.
    rng_seed
        Every candidate has a generator of its own, made from this, the phrase and the try.
    keeps_density
        Whether melodic onsets are to be as many a second as in the seed; else they may be far
        fewer or more.
    """
    state = state_after(model, history)
    opening = history[:0]
    keys = PitchClassBias(history, key_bias)
    own_hz = _onsets_hz(history)
    wanted = float(np.clip(own_hz, 0.3 * _ONSETS_HZ, 1.5 * _ONSETS_HZ))
    expected = (onsets_hz(history) > _VOICE_ONSETS_HZ) & ~np.array(silent)
    first, number = 0, 0
    recent = history[:0]
    onset_bias = 0.0
    while rows is None or first < rows:
        count = timing.rows_in((number + 1) * phrase_beats) - first
        count = count if rows is None else min(count, rows - first)
        frames = timing.frames_of(first, count)
        rests = Rows.rests(frames)
        leads = closing is not None and first + count == rows
        saved, processed = state.save(count + AFTER_ROWS * leads), processor.save()
        p1, p2, tr, no = sampling.onset_bias
        steered = (p1 + onset_bias, p2 + onset_bias, tr + onset_bias, no)
        biased = replace(sampling, pitch_bias=keys.bias, onset_bias=steered)
        candidates: list[tuple[float, float, Rows]] = []
        for attempt in range(CLOSING_TRIES if leads else TRIES):
            if attempt:
                state.restore(saved)
                processor.restore(processed)
            rng = np.random.default_rng([rng_seed, number, attempt])
            drawn = state.draw(frames, biased, rng, rests, silent, processor)
            fault, bias = judge(recent.then(drawn), wanted, expected)
            nats = 0.0
            if leads and closing is not None:
                back = closing if len(closing) else opening.then(drawn)[:AFTER_ROWS]
                nats = state.measure(back)
                fault += silent_end(drawn)
            candidates.append((fault, nats, drawn))
            if fault == 0.0 and not leads:
                break
            if fault == 0.0:
                continue
            p1, p2, tr, no = (have + bias for have in biased.onset_bias)
            biased = replace(biased, onset_bias=(p1, p2, tr, no))
        *_, best = min(candidates, key=lambda candidate: candidate[:2])
        if best is not candidates[-1][-1] or leads:
            state.restore(saved)
            state.extend(best)
            processor.restore(processed)
            for states in best.states:
                processor.observe(states)
        keys.observe(best)
        opening = opening.then(best[: AFTER_ROWS - len(opening)])
        if keeps_density:
            onset_bias = steer(onset_bias, own_hz, _onsets_hz(recent.then(best)))
        yield Phrase(first, best, len(candidates))
        recent = _end_of(recent.then(best), _JUDGED_S - phrase_beats / 2)
        first, number = first + count, number + 1


def steer(bias: float, wanted_hz: float, had_hz: float) -> float:
    """Return what to add to the logits of the next phrase's onsets, in nats.

    Examples
    --------
    >>> steer(0.0, 4.0, 4.0), steer(0.0, 4.0, 2.0) > 0.3
    (0.0, True)
    """
    short = math.log(max(wanted_hz, _LEAST_HZ) / max(had_hz, _LEAST_HZ))
    return min(max(bias + _STEERING * short, -_MOST_STEERED), _MOST_STEERED)


def judge(rows: Rows, wanted_hz: float, expected: NDArray[np.bool_]) -> tuple[float, float]:
    """Return a candidate's fault, 0 if it may stand, and what to add to onsets' logits next time.

    `expected` says which voices played in the seed and should not fall silent.
    """
    ratio = _onsets_hz(rows) / wanted_hz
    silent, shares = sounding_of(rows)
    drone = float(shares.max() / max(1.0, shares.sum())) if shares.any() else 1.0
    fault = (
        max(0.0, _DENSITY[0] - ratio)
        + max(0.0, ratio / _DENSITY[1] - 1.0)
        + max(0.0, silent - SILENT_SHARE)
        + max(0.0, drone - DRONE_SHARE)
        + _ABSENT_FAULT * float((expected & ~(rows.states > HOLD).any(axis=0)).sum())
    )
    thin = ratio < _DENSITY[0] or silent > SILENT_SHARE
    return fault, 0.5 if thin else -0.4 if ratio > _DENSITY[1] else 0.1


def silent_end(rows: Rows) -> float:
    """Return the share of rows that nothing sounds in any more: 0 unless it is over a tenth.

    Before a loop's beginning, silence is likely, but is not what leads there.
    """
    still = (rows.states == REST).all(axis=1)
    last = len(rows) if still.all() else int(np.argmin(still[::-1]))
    return last / max(1, len(rows)) if last > _SILENT_END * len(rows) else 0.0


def _end_of(rows: Rows, seconds: float) -> Rows:
    """Return the last rows that take so long."""
    before = np.cumsum(rows.frames[::-1]) / NES_FRAME_HZ
    count = int(np.searchsorted(before, seconds))
    return rows[len(rows) - count :]


def _onsets_hz(rows: Rows) -> float:
    """Return melodic onsets a second."""
    return float((rows.states[:, :NOISE] > HOLD).sum()) / max(rows.seconds, 1e-9)
