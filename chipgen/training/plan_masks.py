"""Chooses at random which parts of a plan a model in training can see.

A model that composes is asked for many things: to go on with a plan or without one, to write some
voices around others that are kept, or to fill bars before existing music. Each passage
is one of these tasks, chosen at random; what is given is no longer scored.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.plan_features import OFFSETS, PLAN_COLUMNS, SPANS
from chipgen.rows.row_states import VOICES

_FREE: Final = 0.45  # share of passages with a plan in which nothing is kept
_VOICES: Final = 0.3  # … in which voices are kept; the rest have gaps
_LEFT_OUT: Final = {
    "meter": 0.2, "phrase": 0.4, "end": 0.4, "chords": 0.3, "key": 0.3, "voices": 0.3,
    "density": 0.5, "kind": 0.3, "reference": 0.4,
}  # fmt: skip
_GAP_ROWS: Final = (16, 160)


@dataclass(frozen=True, slots=True)
class MaskShares:
    """How much of plans is given.

    Attributes
    ----------
    unplanned
        Share of passages whose plan is hidden, 0–1.
    no_chords
        Share of the others whose chords are hidden.
    """

    unplanned: float = 0.2
    no_chords: float = _LEFT_OUT["chords"]


@dataclass(frozen=True, slots=True, eq=False)
class PlanMask:
    """What is given of a passage of R rows.

    Attributes
    ----------
    columns
        Which columns of its plan; bool, shape (PLAN_COLUMNS,). That `known` is among them says
        nothing.
    known
        Which states are kept; bool, shape (R, 4).
    told
        Rows at which later rows are given; bool, shape (R,).
    scored
        False where a voice's state is given; bool, shape (R, 4).
    """

    columns: NDArray[np.bool_]
    known: NDArray[np.bool_]
    told: NDArray[np.bool_]
    scored: NDArray[np.bool_]


def choose_mask(rows: int, rng: np.random.Generator, shares: MaskShares | None = None) -> PlanMask:
    """Choose what is given of a passage.

    Parameters
    ----------
    rows
        Its length.
    rng
        Decides.
    shares
        How often how much.
    """
    shares = shares or MaskShares()
    columns = np.zeros(PLAN_COLUMNS, dtype=np.bool_)
    known = np.zeros((rows, VOICES), dtype=np.bool_)
    mask = PlanMask(columns, known, np.zeros(rows, dtype=np.bool_), ~known)
    if rng.random() < shares.unplanned:
        return mask
    columns[:] = True
    for name, share in {**_LEFT_OUT, "chords": shares.no_chords}.items():
        if rng.random() < share:
            columns[SPANS[name]] = False
    task = rng.random()
    if task >= _FREE + _VOICES:
        _leave_gaps(mask, rng)
    elif task >= _FREE:
        kept = rng.random(VOICES) < 0.4
        if rng.random() < 0.3:
            kept = np.arange(VOICES) == 0
        if kept.all() or not kept.any():
            kept = np.arange(VOICES) == int(rng.integers(VOICES))
        mask.known[:] = kept
        mask.told[:] = True
        mask.scored[:, kept] = False
    return mask


def _leave_gaps(mask: PlanMask, rng: np.random.Generator) -> None:
    """Let bars be filled in: what follows a gap is known in it, and some voices are kept there."""
    rows = len(mask.told)
    at = int(rng.integers(0, _GAP_ROWS[1]))
    while at < rows:
        size = int(np.exp(rng.uniform(*np.log(_GAP_ROWS))))
        gap = slice(at, min(rows, at + size))
        kept = rng.random(VOICES) < 0.3
        if rng.random() < 0.5 or kept.all():
            kept[:] = False
        mask.known[gap] = kept
        mask.told[gap] = True
        mask.scored[gap, kept] = False
        at = gap.stop + int(rng.integers(0, _GAP_ROWS[1]))
        mask.known[gap.stop : min(rows, at + OFFSETS[-1] + 1)] = True
