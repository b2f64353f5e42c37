"""Texture: range, leaps, legato, ornaments and density of the voices, and voices that are lost."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.listener.figures import Figure, figure
from benchmarks.listener.material import SEED_BARS, SHORT_BARS, Material, Pair
from benchmarks.listener.piece import SHORTEST_S, Piece
from benchmarks.listener.tune_and_bass import LINES, in_lines, line

LEAP: Final = 5  # semitones and more
_PLAYS: Final = 4  # notes of a seed that make a voice one of its own
_PARTS: Final = 4  # a voice of the seed sounds in all of so many parts of it
_FEWEST: Final = 4


def spread(piece: Piece, name: str) -> float | None:
    """Return the range of a line, semitones."""
    own = line(in_lines(piece), name)
    return float(np.ptp(own.pitch)) if len(own) >= _FEWEST else None


def leaps(piece: Piece, name: str) -> float | None:
    """Return the share of a line's steps that are leaps, repetitions left out."""
    steps = np.abs(np.diff(line(in_lines(piece), name).pitch))
    steps = steps[steps > 0]
    return float((steps >= LEAP).mean()) if len(steps) >= _FEWEST else None


def legato(piece: Piece, name: str) -> float | None:
    """Return how much of the time to the next note a line's notes sound, 0–1."""
    own = line(in_lines(piece), name)
    gaps = np.diff(own.start)
    real = gaps > 1e-6
    if real.sum() < _FEWEST:
        return None
    lasts = np.minimum((own.end - own.start)[:-1], gaps)
    return float((lasts[real] / gaps[real]).mean())


def ornaments(piece: Piece, name: str) -> float | None:
    """Return the share of a line's notes that are shorter than 1/16 s."""
    own = line(in_lines(piece), name)
    lasts_s = (own.end - own.start) * piece.beat_s
    return float((lasts_s < SHORTEST_S - 1e-4).mean()) if len(own) >= _FEWEST else None


def density(piece: Piece, name: str) -> float | None:
    """Return onsets a second of a line."""
    return len(line(in_lines(piece), name)) / (piece.length * piece.beat_s)


def lost_voices(seed: Piece, after: Piece) -> list[bool]:
    """Tell of each voice that plays all through a seed whether it never plays in what follows.

    Both pieces have the same voices. A voice of the seed has four notes or more, and notes in each
    quarter of it.
    """
    lost = []
    for voice in range(len(seed.voices)):
        starts = seed.start[seed.voice == voice]
        quarters = np.unique(np.floor(starts / seed.length * _PARTS))
        if len(starts) >= _PLAYS and len(quarters) >= _PARTS:
            lost.append(not (after.voice == voice).any())
    return lost


_FACTS: Final[tuple[tuple[str, Callable[[Piece, str], float | None], tuple[str, ...]], ...]] = (
    ("range of the {}, semitones", spread, LINES[:3]),
    ("leaps of the {}", leaps, LINES[:3]),
    ("legato of the {}", legato, LINES[:3]),
    ("ornaments of the {}", ornaments, LINES[:2]),
    ("onsets a second of the {}", density, LINES),
)


def measure(material: Material) -> list[Figure]:
    """Return the texture of 16 s after seeds of NES-MDB, and shares of pieces that lose a voice."""
    pairs = [pair for pair in material.pairs if pair.ours is not None]
    ours, real = [pair.ours for pair in pairs if pair.ours], [pair.real for pair in pairs]
    rng = np.random.default_rng(0)
    shuffled = [replace(piece, pitch=_reordered(piece, rng)) for piece in real]
    figures = [
        figure(name.format(who), ours=_of(fact, ours, who), real=_of(fact, real, who),
               controls={"pitches in any order": _of(fact, shuffled, who)} if fact is leaps else {})
        for name, fact, lines in _FACTS
        for who in lines
    ]  # fmt: skip
    songs = [
        (song.bars_between(k, k + SEED_BARS), song.bars_between(k + SEED_BARS, k + 3 * SEED_BARS))
        for _, song in material.pop_songs
        for k in range(SEED_BARS, song.bars - SEED_BARS - SHORT_BARS, SHORT_BARS)
    ]
    return [
        *figures,
        figure("16 s that lose a voice of the seed",
               ours=[any(lost_voices(pair.seed, pair.ours)) for pair in pairs if pair.ours],
               real=[any(lost_voices(pair.seed, pair.real)) for pair in pairs],
               controls={"one silenced": [
                   any(lost_voices(pair.seed, _without_busiest(pair))) for pair in pairs
               ]}, at_most=0.0),
        figure("16 bars that lose a track of the seed",
               ours=[any(lost_voices(take.head, take.made)) for take in material.short],
               real=[any(lost_voices(seed, after)) for seed, after in songs], at_most=0.0),
    ]  # fmt: skip


def _reordered(piece: Piece, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return a piece's pitches with those of each voice in any order."""
    pitch = piece.pitch.copy()
    for voice in np.unique(piece.voice):
        own = np.flatnonzero(piece.voice == voice)
        pitch[own] = pitch[rng.permutation(own)]
    return pitch


def _without_busiest(pair: Pair) -> Piece:
    """Return what a song really goes on with, without the voice that its seed has most notes of."""
    busiest = np.bincount(pair.seed.voice, minlength=1).argmax()
    return pair.real.take(pair.real.voice != busiest)


def _of(
    fact: Callable[[Piece, str], float | None], pieces: Sequence[Piece], name: str
) -> list[float]:
    return [value for piece in pieces if (value := fact(piece, name)) is not None]
