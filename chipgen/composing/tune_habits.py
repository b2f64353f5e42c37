"""Tells what a seed's tune seldom does, and plans a tune for bars that have none."""

from typing import Final

import numpy as np

from chipgen.models.row_transformer.sampling import TuneHabits
from chipgen.rows.plan_features import NEW, SPANS, PlannedRows
from chipgen.rows.row_states import HOLD, Rows

_STEP: Final = 4  # semitones; more is a leap
_FEWEST: Final = 12  # notes that tell how a tune moves
# Usual shares of a tune's notes: repeated, back to the one before, leapt to, off half beats.
_USUAL: Final = (0.35, 0.4, 0.45, 0.3)


def tune_habits(history: Rows, rows_a_beat: float) -> TuneHabits:
    """Return what is held against a tune that goes on: what it seldom did in the seed.

    Parameters
    ----------
    history
        The seed, which ends at a bar line.
    rows_a_beat
        Rows in a quarter note.
    """
    usual = TuneHabits(rows_a_beat)
    states = history.states[:, 0].astype(np.int64)
    at = np.flatnonzero(states > HOLD)
    if len(at) < _FEWEST:
        return usual
    pitches = states[at]
    steps = np.diff(pitches)
    halves = 2.0 * (len(states) - at) / rows_a_beat
    shares = (
        (steps == 0).mean(),
        ((pitches[2:] == pitches[:-2]) & (steps[1:] != 0)).mean(),
        (np.abs(steps) > _STEP).mean(),
        (np.abs(halves - np.rint(halves)) > 1e-3).mean(),
    )
    left = [max(0.0, 1.0 - share / most) for share, most in zip(shares, _USUAL, strict=True)]
    return TuneHabits(
        rows_a_beat, usual.repeated * left[0], usual.back * left[1], usual.leap * left[2],
        usual.off_beat * left[3], usual.again,
    )  # fmt: skip


def as_new_tune(plan: PlannedRows, phrase_bars: int) -> None:
    """Plan a tune for bars that have none: a new phrase, and what comes again as the bars do.

    Parameters
    ----------
    plan
        Changed in place.
    phrase_bars
        Bars in which nothing comes again.
    """
    codes = plan.codes
    begins = np.flatnonzero(codes[:, SPANS["meter"]][:, 0] == 1)
    if not len(begins):
        return
    first = int(begins[phrase_bars]) if len(begins) > phrase_bars else len(codes)
    kind = codes[:, SPANS["kind"]]
    kind[:first, 0] = NEW
    kind[first:, 0] = np.where(plan.reference[first:] < 0, NEW, kind[first:, 0])
