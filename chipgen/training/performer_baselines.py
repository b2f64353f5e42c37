"""Measures what the performer's decisions cost without it: by what is usual, and by the seed."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.performer.network import ANEW
from chipgen.performer.note_features import HEADS
from chipgen.training.performer_data import Passage, PlayedVoice

_SOME: Final = 0.01  # as in training: any one of other ornaments and volumes
_SMOOTH: Final = 0.05  # of the seed's own share that everything usual has
_HEADS: Final = len(HEADS)


def measure_baselines(
    train: Sequence[PlayedVoice], valid: Sequence[PlayedVoice], passages: Sequence[Passage]
) -> list[list[str]]:
    """Return rows of nats a note, a column for each decision and one for all.

    Each decision costs what it does by its share among all of train's notes, or among the notes of
    the same voice that are known, mixed with a twentieth of the former.
    """
    usual = _usual(train)
    kinds: dict[str, Callable[[PlayedVoice, Passage], NDArray[np.float64]]] = {
        "usual in train": lambda song, part: _own(song, part, usual),
        "usual in the seed": lambda song, part: _seeds(song, part, usual),
    }
    rows = []
    for name, shares in kinds.items():
        sums, notes = np.zeros(_HEADS), 0
        for part in passages:
            song = valid[part.song]
            sums -= np.log(np.maximum(shares(song, part), 1e-9)).sum(axis=0)
            notes += part.last - part.cut
        rows.append([name, *(f"{s / notes:.3f}" for s in sums), f"{sums.sum() / notes:.3f}"])
    return rows


def _usual(train: Sequence[PlayedVoice]) -> list[list[NDArray[np.float64]]]:
    """Return the shares of what is made anew, by voice and head."""
    counts = [[np.full(size, 0.5) for size in ANEW] for _ in range(4)]
    for song in train:
        anew = song.classes.anew(song.notes)
        for head, count in enumerate(counts[song.voice]):
            count += np.bincount(anew[:, head], minlength=len(count))
    return [[count / count.sum() for count in heads] for heads in counts]


def _own(
    song: PlayedVoice, part: Passage, usual: list[list[NDArray[np.float64]]]
) -> NDArray[np.float64]:
    new = slice(part.cut, part.last)
    anew = song.classes.take(new).anew(song.notes.take(new))
    shares = np.stack([usual[song.voice][head][anew[:, head]] for head in range(_HEADS)], axis=1)
    for head, size in enumerate(ANEW):
        if size == 2:
            shares[:, head] *= np.where(anew[:, head] == 1, _SOME, 1.0)
    return shares


def _seeds(
    song: PlayedVoice, part: Passage, usual: list[list[NDArray[np.float64]]]
) -> NDArray[np.float64]:
    known = song.classes.take(slice(part.first, part.cut))
    new = song.classes.take(slice(part.cut, part.last))
    equal = new.matches(known).mean(axis=2)
    mixed: NDArray[np.float64] = (1 - _SMOOTH) * equal.T + _SMOOTH * _own(song, part, usual)
    return mixed
