"""Draws the opening of a piece without a seed."""

from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.draft_faults import Wanted, judge
from chipgen.composing.row_statistics import sounding_of
from chipgen.music.key_detection import nearest_key
from chipgen.music.key_names import Key
from chipgen.request import ComposeRequest
from chipgen.rows.plan_features import PlannedRows
from chipgen.rows.row_states import HOLD, VOICES, Rows

OPENINGS: Final = 8  # that are drawn at most
_FOREIGN: Final = -4.0  # added to the logits of pitch classes that the key lacks
_ALL: Final = np.ones(VOICES, dtype=np.bool_)
_LIVELY: Final = Wanted(np.array([2.2, 2.2, 1.5, 1.5]), _ALL, _ALL)
_OTHER_KEY_FAULT: Final = 0.3
_PLANNED: Final = 0.5  # how much of this is left where a plan tells the key itself
_AT_HOME: Final = 0.4  # added to the logits of tonic and fifth


def draw_opening(
    model: Any,
    frames: NDArray[np.int64],
    key: Key | None,
    request: ComposeRequest,
    plan: PlannedRows | None = None,
) -> Rows:
    """Draw openings until one is lively and in the key asked for, or take the best of eight.

    Parameters
    ----------
    model
        Weights of a row transformer.
    frames
        The rows' lengths in NES frames, shape (rows,).
    key
        None leaves it to the model.
    request
        Its freedom and number count.
    plan
        What is planned, if the model reads plans.
    """
    from chipgen.models.row_transformer.sampling import RowSampling, RowState

    share = 1.0 if plan is None else _PLANNED
    bias = tuple(share * value for value in _bias(key))
    sampling = RowSampling(request.temperature, request.top_p, pitch_bias=bias)
    candidates: list[tuple[float, Rows]] = []
    for number in range(OPENINGS):
        rng = np.random.default_rng([request.rng_seed, number, 0x5EED, *request.meter])
        rows = RowState.after(model, Rows.none(), plan).draw(frames, sampling, rng)
        verdict = judge(rows, _LIVELY)
        fault = verdict.fault + _own_fault(rows, key)
        candidates.append((fault, rows))
        if fault == 0.0:
            break
        p1, p2, tr, no = (np.array(sampling.onset_bias) + verdict.onset_bias).tolist()
        sampling = replace(sampling, onset_bias=(p1, p2, tr, no))
    return min(candidates, key=lambda candidate: candidate[0])[1]


def _bias(key: Key | None) -> tuple[float, ...]:
    """Return what is added to the logits of each pitch class."""
    if key is None:
        return (0.0,) * 12
    home = (key.tonic, (key.tonic + 7) % 12)
    return tuple(
        _FOREIGN if pitch not in key.scale else _AT_HOME if pitch in home else 0.0
        for pitch in range(12)
    )


def _own_fault(rows: Rows, key: Key | None) -> float:
    """Return what is wrong with an opening as the first bars of a piece in a key."""
    quarter = max(1, len(rows) // 4)
    # A seed is gone on from where its last note begins, so the opening fills its last bar.
    fault = 0.5 * (not (rows.states[-quarter:] > HOLD).any())
    _, shares = sounding_of(rows)
    if key is not None and shares.any():
        foreign = [pitch for pitch in range(12) if pitch not in key.scale]
        fault += 2.0 * float(shares[foreign].sum() / shares.sum())
        fault += _OTHER_KEY_FAULT * (nearest_key(shares / shares.sum()) != key)
    return float(fault)
