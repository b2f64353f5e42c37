"""Makes an epoch's batches of described rows: passages, transposed and with pulses swapped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.features import COLUMNS, swap_pulses, transpose_codes
from chipgen.rows.plan_features import PLAN_COLUMNS, swap_plan_pulses, transpose_plan
from chipgen.rows.states import HIGHEST, HOLD, LOWEST, NOISE, VOICES
from chipgen.training.plan_masks import mask_plan
from chipgen.training.rows_data import RowSplit

SHORTEST_PASSAGE: Final = 16


@dataclass(frozen=True, slots=True)
class AugmentConfig:
    """What is done to songs while training.

    Attributes
    ----------
    transpose
        Most semitones up or down, as far as the voices' ranges allow.
    swap
        Share of passages whose two pulses change over.
    """

    transpose: int = 6
    swap: float = 0.2


@dataclass(frozen=True, slots=True)
class Passage:
    """Rows `begin` … `end` − 1 of a split, and what chance does to them.

    Attributes
    ----------
    begin, end
        Rows.
    length
        Rows that it is filled up to in its batch.
    swapped
        Whether the pulses change over.
    chance
        0–1, which of the transpositions that its voices' ranges allow is taken.
    mask
        Seed of what of its plan is told.
    """

    begin: int
    end: int
    length: int
    swapped: bool
    chance: float
    mask: int


def plan_passages(
    split: RowSplit,
    batch_rows: int,
    context: int,
    augment: AugmentConfig,
    rng: np.random.Generator,
) -> list[list[Passage]]:
    """Return an epoch's batches: each song once, or as its weight says, cut where it is longer.

    Passages of like length share a batch; a batch has `batch_rows` rows, padding included.
    """
    spans = _cut(split, context, rng)
    ends = np.array([end - begin for begin, end in spans])
    batches: list[list[Passage]] = []
    shortest = 0
    for length in (context // 4, context // 2, context):
        chosen = rng.permutation(np.nonzero((ends > shortest) & (ends <= length))[0]).tolist()
        members = [
            Passage(
                begin=spans[i][0],
                end=spans[i][1],
                length=length,
                swapped=bool(rng.random() < augment.swap),
                chance=float(rng.random()),
                mask=int(rng.integers(2**32)),
            )
            for i in chosen
        ]
        count = max(1, batch_rows // length)
        batches += [members[at : at + count] for at in range(0, len(members), count)]
        shortest = length
    return [batches[index] for index in rng.permutation(len(batches)).tolist()]


def assemble(
    split: RowSplit, passages: Sequence[Passage], augment: AugmentConfig
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return passages of one length, swapped and transposed as chance has decided.

    Returns
    -------
    codes
        What precedes each row, and of a split with plans what is told of it; shape
        (passages, rows, COLUMNS or COLUMNS + PLAN_COLUMNS).
    parts
        States, volume and timbre; shape (3, passages, rows, 4).
    valid
        False after a passage's end; shape (passages, rows).
    scored
        False where a voice's state is told, too; shape (passages, rows, 4).
    """
    shape = (len(passages), passages[0].length)
    width = COLUMNS + (0 if split.plan is None else PLAN_COLUMNS)
    codes = np.zeros((*shape, width), dtype=np.uint8)
    parts = np.zeros((3, *shape, VOICES), dtype=np.uint8)
    valid = np.zeros(shape, dtype=np.bool_)
    scored = np.zeros((*shape, VOICES), dtype=np.bool_)
    for row, passage in enumerate(passages):
        rows = slice(passage.begin, passage.end)
        size = passage.end - passage.begin
        here = codes[row, :size, :COLUMNS]
        here[:] = split.codes[rows]
        plan = None
        scored[row, :size] = True
        if split.plan is not None:
            rng = np.random.default_rng(passage.mask)
            plan, told = mask_plan(split.plan[rows], split.rows.states[rows], rng)
            scored[row, :size] = told[:, [1, 0, 2, 3]] if passage.swapped else told
        states = split.rows.states[rows].copy()
        order = [0, 1, 2, 3]
        if passage.swapped:
            here[:] = swap_pulses(here)
            plan = None if plan is None else swap_plan_pulses(plan)
            order = [1, 0, 2, 3]
        shift = _choose_shift(states, augment.transpose, passage.chance)
        if shift:
            here[:] = transpose_codes(here, shift)
            plan = None if plan is None else transpose_plan(plan, shift)
            melodic = states[:, :NOISE]
            melodic[melodic > HOLD] += np.uint8(shift % 256)
        parts[0, row, :size] = states[:, order]
        parts[1, row, :size] = split.rows.volume[rows][:, order]
        parts[2, row, :size] = split.rows.timbre[rows][:, order]
        valid[row, :size] = True
        if plan is not None:
            codes[row, :size, COLUMNS:] = plan
    return codes.astype(np.int64), parts.astype(np.int64), valid, scored


def _cut(split: RowSplit, context: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Cut songs into passages of at most `context` rows, the first cut at random."""
    spans = []
    for song in _heard(split, rng):
        begin, end = split.span(song).start, split.span(song).stop
        if end - begin <= context:
            spans.append((begin, end))
            continue
        cut = begin + int(rng.integers(1, context + 1))
        if cut - begin > SHORTEST_PASSAGE:
            spans.append((begin, cut))
        else:
            cut = begin
        while end - cut > SHORTEST_PASSAGE:
            spans.append((cut, min(end, cut + context)))
            cut += context
    return spans


def _heard(split: RowSplit, rng: np.random.Generator) -> list[int]:
    """Return the songs of an epoch, in order; chance decides what a fraction of a time is."""
    songs = np.arange(len(split))
    if split.weights is None:
        return songs.tolist()
    whole = np.floor(split.weights)
    times = whole + (rng.random(len(songs)) < split.weights - whole)
    return np.repeat(songs, times.astype(np.int64)).tolist()


def _choose_shift(states: NDArray[np.uint8], most: int, chance: float) -> int:
    """Return the transposition that chance picks among those that keep every voice in its range."""
    low, high = -most, most
    for voice in range(NOISE):
        pitches = states[:, voice][states[:, voice] > HOLD]
        if len(pitches):
            low = max(low, LOWEST[voice] - int(pitches.min()))
            high = min(high, HIGHEST[voice] - int(pitches.max()))
    return low + int(chance * (high - low + 1)) if low <= high else 0
