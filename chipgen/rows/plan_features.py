"""Plan features: the plan of a row as codes that a model reads.

A plan gives a row's place in its bar, phrase and piece, its chord and key, which
voices play and how densely, which earlier or later bar it repeats, and what is fixed already: the
notes of voices and bars that are kept. Each column holds a small code; 0 stands for unknown
everywhere, so that any part of a plan can be left out.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.row_states import HOLD, NOISE, VOICES

Codes = NDArray[np.uint8]

OFFSETS: Final = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24)  # rows ahead at which kept notes are given
QUALITIES: Final = 5
CHORDS: Final = 1 + 12 * QUALITIES  # "no chord", then root * QUALITIES + quality
_LONGEST_ROWS: Final = 127
_MOST_BARS: Final = 16
_MOST_LEFT: Final = 9
_PARTS_OF_A_BAR: Final = 24

_GROUPS: Final = (
    ("meter", 3), ("phrase", 2), ("end", 1), ("chords", 2), ("key", 1), ("voices", 2),
    ("density", VOICES), ("kind", 2), ("reference", VOICES), ("known", VOICES * len(OFFSETS)),
)  # fmt: skip


def _lay_out() -> dict[str, slice]:
    spans, begin = {}, 0
    for name, width in _GROUPS:
        spans[name] = slice(begin, begin + width)
        begin += width
    return spans


SPANS: Final = _lay_out()  # which columns are a group's
PLAN_COLUMNS: Final = sum(width for _, width in _GROUPS)
REFERENCE: Final = SPANS["reference"].start
CHORD: Final = SPANS["chords"].start
KEY: Final = SPANS["key"].start
DENSITY_EDGES: Final = np.array([1, 2, 3, 5, 7, 9, 13, 17])
NEW, VARIED, CLOSE = 1, 2, 3  # how a bar resembles the one it refers to


@dataclass(frozen=True, slots=True, eq=False)
class RowPlan:
    """The plan of each row; -1 stands for unknown.

    Attributes
    ----------
    bar_start, bar_rows
        Row at which the row's bar begins, which may be before the first one, and its length in
        rows; int64, shape (rows,). Without a length the bar is unknown.
    phrase_bar, phrase_left
        Bars since the phrase began, and bars until the next one begins, at least 1.
    end_bars
        Bars until the piece ends, 1 in the last one.
    chord
        0 for no chord, else 1 + root * QUALITIES + quality.
    next_chord
        That of the next half bar.
    key
        tonic * 2, plus 1 in minor.
    kind
        `NEW`, `VARIED` or `CLOSE`, of p1 and of the other voices; shape (rows, 2).
    reference
        Row that this one repeats, earlier or later.
    """

    bar_start: NDArray[np.int64]
    bar_rows: NDArray[np.int64]
    phrase_bar: NDArray[np.int64]
    phrase_left: NDArray[np.int64]
    end_bars: NDArray[np.int64]
    chord: NDArray[np.int64]
    next_chord: NDArray[np.int64]
    key: NDArray[np.int64]
    kind: NDArray[np.int64]
    reference: NDArray[np.int64]

    @classmethod
    def unknown(cls, rows: int) -> "RowPlan":
        """Return a plan that says nothing."""

        def empty() -> NDArray[np.int64]:
            return np.full(rows, -1, dtype=np.int64)

        kind = np.full((rows, 2), -1, dtype=np.int64)
        return cls(
            empty(), empty(), empty(), empty(), empty(), empty(), empty(), empty(), kind, empty()
        )

    def __len__(self) -> int:
        return len(self.bar_start)

    def then(self, more: "RowPlan") -> "RowPlan":
        """Return this plan and another behind it, which counts rows from the same first one."""
        names = self.__dataclass_fields__
        return RowPlan(*(np.concatenate([getattr(self, n), getattr(more, n)]) for n in names))


def encode_plan(plan: RowPlan, states: Codes) -> Codes:
    """Return the codes of the plan of existing music, as models are trained on them.

    Parameters
    ----------
    plan
        Of the rows.
    states
        What the rows are; uint8, shape (rows, 4). Voices and densities are counted in them, and
        references point into them.

    Returns
    -------
    ndarray
        uint8, shape (rows, PLAN_COLUMNS); the columns of `known` are 0.
    """
    codes = encode_planned(plan, *count_bars(plan, states))
    known = plan.reference >= 0
    codes[known, SPANS["reference"]] = states[plan.reference[known]] + 1
    return codes


def encode_planned(plan: RowPlan, played: Codes, dense: Codes) -> Codes:
    """Return the codes of a plan for music that is still to be written.

    Parameters
    ----------
    plan
        Of the rows.
    played, dense
        Which voices play and how densely, as `count_bars` returns them.

    Returns
    -------
    ndarray
        uint8, shape (rows, PLAN_COLUMNS); the columns of `reference` and `known` are 0.
    """
    rows = len(plan)
    codes = np.zeros((rows, PLAN_COLUMNS), dtype=np.uint8)
    in_bar = plan.bar_rows > 0
    at = np.where(in_bar, np.arange(rows) - plan.bar_start, 0)
    length = np.maximum(1, plan.bar_rows)
    meter = np.stack(
        [
            1 + np.minimum(at, _LONGEST_ROWS - 1),
            np.minimum(length, _LONGEST_ROWS),
            1 + np.minimum(_PARTS_OF_A_BAR * at // length, _PARTS_OF_A_BAR - 1),
        ],
        axis=1,
    )
    codes[:, SPANS["meter"]] = np.where(in_bar[:, None], meter, 0)
    codes[:, SPANS["phrase"]] = np.stack(
        [np.clip(plan.phrase_bar + 1, 0, _MOST_BARS), np.clip(plan.phrase_left, 0, _MOST_BARS)],
        axis=1,
    )
    codes[:, SPANS["end"]] = np.clip(plan.end_bars, 0, _MOST_LEFT)[:, None]
    codes[:, SPANS["chords"]] = np.stack([plan.chord, plan.next_chord], axis=1) + 1
    codes[:, SPANS["key"]] = plan.key[:, None] + 1
    codes[:, SPANS["kind"]] = np.maximum(0, plan.kind)
    codes[:, SPANS["voices"]] = played
    codes[:, SPANS["density"]] = dense
    return codes


@dataclass(slots=True, eq=False)
class PlannedRows:
    """A plan as a model reads it while rows are drawn; it may grow.

    Attributes
    ----------
    codes
        From `encode_planned`, from the piece's first row on.
    reference
        Row that each one repeats, or -1; its states are given once they are known; int64.
    """

    codes: Codes
    reference: NDArray[np.int64]


def count_bars(plan: RowPlan, states: Codes) -> tuple[Codes, Codes]:
    """Return which voices play in each row's bar and in the next one, and how densely each does.

    Returns
    -------
    played
        1 + the sum of 1, 2, 4 and 8 for p1, p2, tr and no; shape (rows, 2).
    dense
        1 + the rank of the voice's onsets in the bar; shape (rows, 4).
    """
    rows = len(plan)
    played, dense = np.zeros((rows, 2), np.uint8), np.zeros((rows, VOICES), np.uint8)
    if not rows:
        return played, dense
    known = plan.bar_rows > 0
    bars = np.cumsum(np.concatenate([[False], plan.bar_start[1:] != plan.bar_start[:-1]]))
    begins = np.flatnonzero(np.concatenate([[True], np.diff(bars) > 0]))
    onsets = np.add.reduceat((states > HOLD).astype(np.int64), begins, axis=0)
    mask = 1 + (onsets > 0) @ np.array([1, 2, 4, 8])
    played[:, 0] = mask[bars]
    played[:, 1] = np.append(mask[1:], 0)[bars]
    dense[:] = (1 + np.searchsorted(DENSITY_EDGES, onsets, side="right"))[bars]
    played[~known], dense[~known] = 0, 0
    return played, dense


def encode_known(states: Codes, known: NDArray[np.bool_]) -> Codes:
    """Return the codes of what is fixed before it is reached.

    Parameters
    ----------
    states
        uint8, shape (rows, 4); read only where `known`.
    known
        Which states are fixed, shape (rows, 4).

    Returns
    -------
    ndarray
        1 + the state at each of `OFFSETS` rows ahead, 0 where it is not fixed; uint8,
        shape (rows, 4 * len(OFFSETS)).
    """
    told = np.where(known, states + 1, 0).astype(np.uint8)
    rows = len(told)
    codes = np.zeros((rows, len(OFFSETS), VOICES), dtype=np.uint8)
    for which, ahead in enumerate(OFFSETS):
        codes[: max(0, rows - ahead), which] = told[ahead:]
    return codes.reshape(rows, -1)


def transpose_plan(codes: Codes, semitones: int) -> Codes:
    """Return plan codes (…, PLAN_COLUMNS) transposed: pitches, chords and key."""
    result = codes.copy()
    for name in ("reference", "known"):
        part = result[..., SPANS[name]]
        melodic = (np.arange(part.shape[-1]) % VOICES != NOISE) & (part > HOLD + 1)
        part[melodic] = (part[melodic].astype(np.int64) + semitones).clip(3, 127)
    chords = result[..., SPANS["chords"]]
    held = chords > 1  # 0 is unknown, 1 is no chord
    root, quality = np.divmod(chords.astype(np.int64) - 2, QUALITIES)
    chords[held] = (2 + (root + semitones) % 12 * QUALITIES + quality)[held]
    key = result[..., SPANS["key"]]
    tonic, minor = np.divmod(key.astype(np.int64) - 1, 2)
    key[key > 0] = (1 + (tonic + semitones) % 12 * 2 + minor)[key > 0]
    return result


def swap_plan_pulses(codes: Codes) -> Codes:
    """Return plan codes (…, PLAN_COLUMNS) with the two pulses changed over."""
    order = np.arange(PLAN_COLUMNS)
    for name in ("density", "reference", "known"):
        span = SPANS[name]
        for start in range(span.start, span.stop, VOICES):
            order[start], order[start + 1] = start + 1, start
    result = codes[..., order]
    played = result[..., SPANS["voices"]]
    mask = played.astype(np.int64) - 1
    turned = 1 + (mask & 12 | (mask & 1) << 1 | (mask & 2) >> 1)
    played[played > 0] = turned[played > 0]
    return result
