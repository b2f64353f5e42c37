"""Scores a predictor on the "slices" task, in nats per slice.

Slices of 0.5 s, pitches 21–108; songs with more than 16 slices; every slice from the 17th on is
predicted from all slices before it. The figure is the sum over the 88 pitches of the Bernoulli
negative log-likelihood, averaged over slices; F1 takes a pitch as predicted where its probability
is above 0.5, and pools all cells.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.errors import ChipgenError
from chipgen.training.slices_baselines import SlicePredictor

CONTEXT: Final = 16  # slices heard before the first that counts
_FLOOR: Final = 1e-7


@dataclass(frozen=True, slots=True)
class SliceResult:
    """How well a predictor does.

    Attributes
    ----------
    name
        The predictor's.
    total_nats
        Negative log-likelihood of all slices together, in nats.
    hits, extra, missed
        Cells rightly said to sound, wrongly said to sound, and wrongly said not to.
    songs, slices
        How many were scored.
    seconds
        Time it took.
    """

    name: str
    total_nats: float
    hits: int
    extra: int
    missed: int
    songs: int
    slices: int
    seconds: float

    @property
    def nats(self) -> float:
        """Negative log-likelihood of a slice, in nats; lower is better."""
        return self.total_nats / max(1, self.slices)

    @property
    def f1(self) -> float:
        """At probability 0.5, over all cells together, 0–1."""
        return 2 * self.hits / max(1, 2 * self.hits + self.extra + self.missed)

    def without(self, part: "SliceResult") -> "SliceResult":
        """Return the result on the songs that are not in `part`."""
        return SliceResult(
            self.name,
            self.total_nats - part.total_nats,
            self.hits - part.hits,
            self.extra - part.extra,
            self.missed - part.missed,
            self.songs - part.songs,
            self.slices - part.slices,
            self.seconds - part.seconds,
        )


def evaluate_slices(
    songs: Sequence[NDArray[np.bool_]], predictor: SlicePredictor, *, context: int = CONTEXT
) -> SliceResult:
    """Score a predictor on songs of shape (slices, 88).

    Raises
    ------
    ChipgenError
        If no song is longer than `context` slices.
    """
    began = time.perf_counter()
    scored = [song for song in songs if len(song) > context]
    if not scored:
        raise ChipgenError(
            f"no song is longer than {context} slices, so there is nothing to score; "
            "give more or longer songs"
        )
    nats, hits, extra, missed, slices = 0.0, 0, 0, 0, 0
    for song in scored:
        chance = predictor.probabilities(song)[context:]
        truth = song[context:]
        likelihood = np.where(truth, chance, 1.0 - chance)
        nats -= float(np.log(np.maximum(likelihood, _FLOOR)).sum())
        said = chance > 0.5
        hits += int((said & truth).sum())
        extra += int((said & ~truth).sum())
        missed += int((~said & truth).sum())
        slices += len(truth)
    seconds = time.perf_counter() - began
    return SliceResult(predictor.name, nats, hits, extra, missed, len(scored), slices, seconds)
