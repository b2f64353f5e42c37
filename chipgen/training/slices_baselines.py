"""Baselines that predict the next slice by counting."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from chipgen.music.tonnetz import PITCHES


class SlicePredictor(Protocol):
    """Anything that gives probabilities to the slices of a song, each from those before it."""

    @property
    def name(self) -> str:
        """What tables call it."""

    def probabilities(self, song: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return P(pitch sounds) for every slice given those before, shape of `song`."""


@dataclass(frozen=True, slots=True)
class Marginal:
    """Each pitch as often as it sounds in the training songs; the past does not matter."""

    pitch: NDArray[np.float64]
    name: str = "marginal"

    @classmethod
    def fit(cls, songs: list[NDArray[np.bool_]]) -> "Marginal":
        """Count."""
        on = sum((song.sum(axis=0) for song in songs), np.zeros(PITCHES))
        return cls((on + 0.5) / (sum(len(song) for song in songs) + 1.0))

    def probabilities(self, song: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the same probabilities for every slice."""
        return np.broadcast_to(self.pitch, song.shape)


@dataclass(frozen=True, slots=True)
class Markov:
    """Each pitch from whether it sounded in the slice before.

    Attributes
    ----------
    after_off, after_on
        Probability of sounding after silence and after sounding, shape (88,).
    """

    after_off: NDArray[np.float64]
    after_on: NDArray[np.float64]
    name: str = "per-cell Markov"

    @classmethod
    def fit(cls, songs: list[NDArray[np.bool_]]) -> "Markov":
        """Count each pitch's transitions, with a prior of two observations at the average."""
        off, off_on, on, on_on = _transitions(songs)
        return cls(
            (off_on + 2 * off_on.sum() / off.sum()) / (off + 2),
            (on_on + 2 * on_on.sum() / max(on.sum(), 1)) / (on + 2),
        )

    def probabilities(self, song: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the probabilities after each slice's predecessor; silence precedes the first."""
        before = np.concatenate([np.zeros((1, song.shape[1]), np.bool_), song[:-1]])
        return np.where(before, self.after_on, self.after_off)


@dataclass(frozen=True, slots=True)
class RepeatPrevious:
    """The slice before once more, with one error rate for what sounded and one for what did not."""

    after_off: float
    after_on: float
    name: str = "repeat previous"

    @classmethod
    def fit(cls, songs: list[NDArray[np.bool_]]) -> "RepeatPrevious":
        """Count all pitches' transitions together."""
        off, off_on, on, on_on = (float(count.sum()) for count in _transitions(songs))
        return cls((off_on + 0.5) / (off + 1), (on_on + 0.5) / (on + 1))

    def probabilities(self, song: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the probabilities after each slice's predecessor; silence precedes the first."""
        before = np.concatenate([np.zeros((1, song.shape[1]), np.bool_), song[:-1]])
        return np.where(before, self.after_on, self.after_off)


def fit_baselines(songs: list[NDArray[np.bool_]]) -> list[SlicePredictor]:
    """Fit every baseline on training songs, each of shape (slices, 88)."""
    return [Marginal.fit(songs), RepeatPrevious.fit(songs), Markov.fit(songs)]


def _transitions(songs: list[NDArray[np.bool_]]) -> NDArray[np.float64]:
    """Count off, off→on, on, on→on by pitch, shape (4, 88)."""
    counts = np.zeros((4, PITCHES))
    for song in songs:
        before, after = song[:-1], song[1:]
        counts[0] += (~before).sum(axis=0)
        counts[1] += (~before & after).sum(axis=0)
        counts[2] += before.sum(axis=0)
        counts[3] += (before & after).sum(axis=0)
    return counts
