"""Cuts songs into passages for an epoch's batches, and chooses what chance does to each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.plan_features import PLAN_COLUMNS
from chipgen.rows.row_states import HIGHEST, HOLD, LOWEST, NOISE, VOICES
from chipgen.training.plan_masks import MaskShares, choose_mask
from chipgen.training.rows_cache import RowSplit

SHORTEST_PASSAGE: Final = 16
LOUDEST: Final = 15


@dataclass(frozen=True, slots=True)
class AugmentConfig:
    """What is done to songs while training.

    Attributes
    ----------
    transpose
        Most semitones up or down, as far as the voices' ranges allow.
    swap
        Share of passages whose two pulses change over.
    drop_voices
        Share of passages in which a voice is silent, voice by voice; one with a pitch is left.
    volume
        Most steps of 15 that each voice is louder or softer by.
    tempo
        Most that rows are longer or shorter by, as a share of their length.
    plan
        How much of plans is given.
    """

    transpose: int = 6
    swap: float = 0.2
    drop_voices: float = 0.0
    volume: int = 0
    tempo: float = 0.0
    plan: MaskShares = field(default_factory=MaskShares)


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
        Seed of the choice of what is given of its plan.
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


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """What a batch of P passages, filled up to L rows, is made of.

    Attributes
    ----------
    begin, size, place
        First row in the split, rows, and rows of the song before it; int64, shape (P,).
    swapped
        Whether the pulses change over; bool, shape (P,).
    shift
        Semitones; int64, shape (P,).
    tempo
        What rows' lengths are multiplied by; float32, shape (P,).
    louder
        Steps of volume, of each voice; int64, shape (P, 4).
    silent
        Which voices are; bool, shape (P, 4).
    columns, known, told, scored
        Of each passage's `PlanMask`; bool, shapes (P, PLAN_COLUMNS), (P, L, 4), (P, L), (P, L, 4).
    """

    begin: NDArray[np.int64]
    size: NDArray[np.int64]
    place: NDArray[np.int64]
    swapped: NDArray[np.bool_]
    shift: NDArray[np.int64]
    tempo: NDArray[np.float32]
    louder: NDArray[np.int64]
    silent: NDArray[np.bool_]
    columns: NDArray[np.bool_]
    known: NDArray[np.bool_]
    told: NDArray[np.bool_]
    scored: NDArray[np.bool_]


def choose(split: RowSplit, passages: Sequence[Passage], augment: AugmentConfig) -> Choices:
    """Return what a batch is made of; it follows from the passages alone."""
    count, length = len(passages), passages[0].length
    begin, end = (np.array([getattr(p, n) for p in passages]) for n in ("begin", "end"))
    chosen = Choices(
        begin=begin,
        size=end - begin,
        place=begin - split.offsets[np.searchsorted(split.offsets, begin, side="right") - 1],
        swapped=np.array([p.swapped for p in passages]),
        shift=np.zeros(count, dtype=np.int64),
        tempo=np.ones(count, dtype=np.float32),
        louder=np.zeros((count, VOICES), dtype=np.int64),
        silent=np.zeros((count, VOICES), dtype=np.bool_),
        columns=np.zeros((count, PLAN_COLUMNS), dtype=np.bool_),
        known=np.zeros((count, length, VOICES), dtype=np.bool_),
        told=np.zeros((count, length), dtype=np.bool_),
        scored=np.zeros((count, length, VOICES), dtype=np.bool_),
    )
    for row, passage in enumerate(passages):
        rows = slice(passage.begin, passage.end)
        size = passage.end - passage.begin
        rng = np.random.default_rng(passage.mask)
        chosen.shift[row] = _choose_shift(
            split.rows.states[rows], augment.transpose, passage.chance
        )
        chosen.scored[row, :size] = True
        if split.plan is not None:
            mask = choose_mask(size, rng, augment.plan)
            chosen.columns[row] = mask.columns
            chosen.known[row, :size], chosen.told[row, :size] = mask.known, mask.told
            chosen.scored[row, :size] = mask.scored
        if augment.drop_voices:
            silent = rng.random(VOICES) < augment.drop_voices
            chosen.silent[row] = silent & ~silent[:NOISE].all()
        if augment.volume:
            chosen.louder[row] = rng.integers(-augment.volume, augment.volume + 1, VOICES)
        if augment.tempo:
            chosen.tempo[row] = 1.0 + augment.tempo * rng.uniform(-1.0, 1.0)
    return chosen


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
