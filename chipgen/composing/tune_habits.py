"""Tells what a seed's tune seldom does, and plans a tune for bars that have none."""

from typing import Final

import numpy as np

from chipgen.models.row_transformer.sampling import TuneHabits
from chipgen.rows.plan_features import NEW, SPANS, PlannedRows
from chipgen.rows.row_states import HOLD, Rows

_STEP: Final = 4  # semitones; more is a leap
_FEWEST: Final = 12  # notes that tell how a tune moves
_USUAL: Final = (0.4, 0.45)  # shares of a tune's notes: back to the one before, leapt to


def tune_habits(history: Rows) -> TuneHabits:
    """Return what is held against a tune that goes on: what it seldom did in the seed.

    Parameters
    ----------
    history
        The seed.
    """
    usual = TuneHabits()
    states = history.states[:, 0].astype(np.int64)
    at = np.flatnonzero(states > HOLD)
    if len(at) < _FEWEST:
        return usual
    pitches = states[at]
    steps = np.diff(pitches)
    shares = (
        ((pitches[2:] == pitches[:-2]) & (steps[1:] != 0)).mean(),
        (np.abs(steps) > _STEP).mean(),
    )
    left = [max(0.0, 1.0 - share / most) for share, most in zip(shares, _USUAL, strict=True)]
    return TuneHabits(usual.back * left[0], usual.leap * left[1], usual.again)


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
