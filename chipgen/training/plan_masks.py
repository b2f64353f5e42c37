"""Masks parts of a plan at random while a model is trained.

A model that composes is asked for many things: to go on with a plan or without one, to write some
voices around others that are kept, or to fill bars before music that is there already. Each passage
is one of these tasks, chosen by chance; what is known is told, and is no longer scored.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.plan_features import PLAN_COLUMNS, SPANS, encode_known
from chipgen.rows.states import VOICES

Codes = NDArray[np.uint8]

_NO_PLAN: Final = 0.2  # share of passages that are told nothing
_FREE: Final = 0.45  # … in which nothing is kept
_VOICES: Final = 0.3  # … in which voices are kept; the rest have gaps
_LEFT_OUT: Final = {
    "meter": 0.2, "phrase": 0.4, "end": 0.4, "chords": 0.3, "key": 0.3, "voices": 0.3,
    "density": 0.5, "kind": 0.3, "reference": 0.4,
}  # fmt: skip
_GAP_ROWS: Final = (16, 160)


def mask_plan(
    plan: Codes, states: Codes, rng: np.random.Generator
) -> tuple[Codes, NDArray[np.bool_]]:
    """Choose what of a passage's plan is told.

    Parameters
    ----------
    plan
        From `encode_plan`, shape (rows, PLAN_COLUMNS).
    states
        What the rows are, shape (rows, 4).
    rng
        Decides.

    Returns
    -------
    told
        The plan with what is left out set to 0, and with what is kept; shape as `plan`.
    scored
        False where a voice's state is told; shape (rows, 4).
    """
    rows = len(plan)
    scored = np.ones((rows, VOICES), dtype=np.bool_)
    if rng.random() < _NO_PLAN:
        return np.zeros((rows, PLAN_COLUMNS), dtype=np.uint8), scored
    told = plan.copy()
    for name, share in _LEFT_OUT.items():
        if rng.random() < share:
            told[:, SPANS[name]] = 0
    task = rng.random()
    if task < _FREE:
        return told, scored
    if task < _FREE + _VOICES:
        kept = rng.random(VOICES) < 0.4
        if rng.random() < 0.3:
            kept = np.arange(VOICES) == 0
        if kept.all() or not kept.any():
            kept = np.arange(VOICES) == int(rng.integers(VOICES))
        told[:, SPANS["known"]] = encode_known(states, np.broadcast_to(kept, states.shape))
        scored[:, kept] = False
        return told, scored
    at = int(rng.integers(0, _GAP_ROWS[1]))
    while at < rows:
        size = int(np.exp(rng.uniform(*np.log(_GAP_ROWS))))
        gap = slice(at, min(rows, at + size))
        kept = rng.random(VOICES) < 0.3
        if rng.random() < 0.5 or kept.all():
            kept[:] = False
        known = np.zeros(states.shape, dtype=np.bool_)
        known[gap.stop :] = True
        known[gap, kept] = True
        told[gap, SPANS["known"]] = encode_known(states, known)[gap]
        scored[gap, kept] = False
        at = gap.stop + int(rng.integers(0, _GAP_ROWS[1]))
    return told, scored
