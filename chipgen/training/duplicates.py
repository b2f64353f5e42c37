"""Finds songs that the training songs hold too.

NES-MDB's splits part games, and some games play other games' music: a figure that counts such
songs partly measures what was memorised. Names and timing may differ; the notes do not.
"""

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from chipgen.training.rows_cache import RowSplit


def repeated_rows(split: RowSplit, train: RowSplit) -> list[int]:
    """Return which songs of a split have the notes of a training song, voice by voice in order.

    Rests and rhythm do not count, since a tick more or less may move a note by a row.
    """
    known = {_pitches(train, song) for song in range(len(train))}
    return [song for song in range(len(split)) if _pitches(split, song) in known]


def repeated_slices(
    songs: Iterable[NDArray[np.bool_]], train: Iterable[NDArray[np.bool_]]
) -> list[int]:
    """Return which songs, of shape (slices, 88), are the same as a training song.

    Examples
    --------
    >>> a, b = np.eye(3, 88, dtype=np.bool_), np.zeros((3, 88), np.bool_)
    >>> repeated_slices([a, b], [b, b])
    [1]
    """
    known = {_digest(song) for song in train}
    return [index for index, song in enumerate(songs) if _digest(song) in known]


def _pitches(split: RowSplit, song: int) -> str:
    states = split.rows.states[split.span(song)]
    return _digest(*(voice[voice > 1] for voice in states.T))


def _digest(*arrays: NDArray[np.generic]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
