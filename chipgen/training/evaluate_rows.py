"""Scores a row transformer: nats a second, by voice and at points of interest."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from chipgen.models.row_transformer.network import RowTransformer
from chipgen.rows.row_features import CODES
from chipgen.rows.row_states import HIGHEST, HOLD, LOWEST, REST
from chipgen.training.rows_cache import RowSplit
from synth.chip.voices import ROLES

_FALLBACK: Final = 8.0  # observations that the count of states alone is worth


@dataclass(frozen=True, slots=True)
class RowScores:
    """Nats of steps 1 … n−1 of songs.

    Attributes
    ----------
    songs, steps, seconds
        How much was scored; seconds are of the whole songs.
    nats
        Of all four voices.
    voice_nats
        Of p1, p2, tr, no.
    interesting_steps, interesting_nats
        Steps at which some voice begins a note or falls silent, and their nats.
    volume_nats, timbre_nats
        Of the volume and timbre of each note that begins, given the states.
    """

    songs: int
    steps: int
    seconds: float
    nats: float
    voice_nats: tuple[float, float, float, float]
    interesting_steps: int
    interesting_nats: float
    volume_nats: float
    timbre_nats: float

    def __add__(self, other: "RowScores") -> "RowScores":
        a, b, c, d = (x + y for x, y in zip(self.voice_nats, other.voice_nats, strict=True))
        return RowScores(
            songs=self.songs + other.songs,
            steps=self.steps + other.steps,
            seconds=self.seconds + other.seconds,
            nats=self.nats + other.nats,
            voice_nats=(a, b, c, d),
            interesting_steps=self.interesting_steps + other.interesting_steps,
            interesting_nats=self.interesting_nats + other.interesting_nats,
            volume_nats=self.volume_nats + other.volume_nats,
            timbre_nats=self.timbre_nats + other.timbre_nats,
        )

    def summary(self) -> dict[str, float]:
        """Return the figures by name."""
        return {
            "nats_s": self.nats / self.seconds,
            "nats_step": self.nats / max(1, self.steps),
            "steps_s": self.steps / self.seconds,
            "nats_interesting_step": self.interesting_nats / max(1, self.interesting_steps),
            "volume_nats_s": self.volume_nats / self.seconds,
            "timbre_nats_s": self.timbre_nats / self.seconds,
            **{
                f"{name}_nats_s": value / self.seconds
                for name, value in zip(ROLES, self.voice_nats, strict=True)
            },
        }


NOTHING_SCORED: Final = RowScores(0, 0, 0.0, 0.0, (0.0, 0.0, 0.0, 0.0), 0, 0.0, 0.0, 0.0)


def score_rows(
    model: RowTransformer, split: RowSplit, every: int = 1, *, half_precision: bool = True
) -> RowScores:
    """Score every `every`-th song of a split, each from its first row.

    `half_precision` multiplies in bfloat16, which is quicker and all but as good.
    """
    songs = range(0, len(split), every)
    return sum(score_songs(model, split, songs, half_precision=half_precision), NOTHING_SCORED)


def score_songs(
    model: RowTransformer,
    split: RowSplit,
    songs: Iterable[int],
    *,
    half_precision: bool = True,
    progress: bool = False,
) -> list[RowScores]:
    """Score chosen songs of a split one by one, each from its first row."""
    scores = []
    device = next(model.parameters()).device.type
    for song in tqdm(songs, desc="scoring", unit="song", disable=None if progress else True):
        rows = split.span(song)
        states = split.rows.states[rows]
        with torch.autocast(device, torch.bfloat16, enabled=half_precision):
            nats = -model.log_prob_described(
                split.codes[rows], states, split.rows.volume[rows], split.rows.timbre[rows]
            )
        scores.append(_sum_up(split, song, nats[..., 0], nats[..., 1], nats[..., 2]))
    return scores


def score_counts(train: RowSplit, split: RowSplit, *, order: int) -> list[RowScores]:
    """Score a count of each voice's states on train, given the voice's state before if order is 1.

    Counts of pairs fall back on counts of states where a pair was seldom seen. One score a song.
    """
    tables = [_count(train, voice, order) for voice in range(4)]
    scores = []
    for song in range(len(split)):
        states = split.rows.states[split.span(song)]
        nats = np.zeros(states.shape)
        nats[1:] = np.stack(
            [-np.log(tables[v][states[:-1, v], states[1:, v]]) for v in range(4)], axis=1
        )
        scores.append(_sum_up(split, song, nats, np.zeros(nats.shape), np.zeros(nats.shape)))
    return scores


def _sum_up(
    split: RowSplit,
    song: int,
    nats: NDArray[np.float64],
    volume_nats: NDArray[np.float64],
    timbre_nats: NDArray[np.float64],
) -> RowScores:
    """Sum a song's nats, each of shape (rows, 4), over all rows but the first."""
    nats = nats[1:]
    changes = _changes(split.rows.states[split.span(song)])[1:]
    a, b, c, d = nats.sum(axis=0).tolist()
    return RowScores(
        songs=1,
        steps=len(nats),
        seconds=float(split.seconds[song]),
        nats=float(nats.sum()),
        voice_nats=(a, b, c, d),
        interesting_steps=int(changes.sum()),
        interesting_nats=float(nats[changes].sum()),
        volume_nats=float(volume_nats[1:].sum()),
        timbre_nats=float(timbre_nats[1:].sum()),
    )


def _count(train: RowSplit, voice: int, order: int) -> NDArray[np.float64]:
    """Return probabilities of a state given the one before, shape (128, 128)."""
    states = train.rows.states[:, voice].astype(np.int64)
    allowed = np.zeros(CODES)
    allowed[[0, 1]] = 1.0
    allowed[LOWEST[voice] : HIGHEST[voice] + 1] = 1.0
    single = np.bincount(states, minlength=CODES) + 0.5 * allowed
    single = np.where(allowed > 0, single / single.sum(), 1e-12)
    if order == 0:
        return np.broadcast_to(single, (CODES, CODES))
    first = np.zeros(len(states), dtype=np.bool_)
    first[train.offsets[:-1]] = True
    follows = ~first[1:]
    pairs = np.zeros((CODES, CODES))
    np.add.at(pairs, (states[:-1][follows], states[1:][follows]), 1.0)
    table: NDArray[np.float64] = (pairs + _FALLBACK * single) / (
        pairs.sum(axis=1, keepdims=True) + _FALLBACK
    )
    return table


def _changes(states: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether any voice begins a note, or ends one, at each row."""
    before = np.vstack([np.zeros((1, 4), dtype=states.dtype), states[:-1]])
    changes: NDArray[np.bool_] = ((states > HOLD) | ((states == REST) & (before != REST))).any(
        axis=1
    )
    return changes
