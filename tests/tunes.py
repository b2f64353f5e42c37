"""Small made-up songs as slices, for tests of models and training."""

import numpy as np
from numpy.typing import NDArray

from chipgen.dataset.slice_cache import DatasetConfig, SliceData, SplitStats


def make_songs(count: int, seed: int, steps: int = 40) -> list[NDArray[np.bool_]]:
    """Return songs that walk round four chords, two slices each, in some key, of (steps, 88)."""
    rng = np.random.default_rng(seed)
    songs = []
    for _ in range(count):
        root = int(rng.integers(20, 50))
        song = np.zeros((steps, 88), np.bool_)
        for step in range(steps):
            chord = root + (0, 5, 7, 9)[step // 2 % 4]
            song[step, [chord - 12, chord, chord + 4, chord + 7]] = True
        songs.append(song)
    return songs


def make_data(train: int = 12, valid: int = 4) -> SliceData:
    """Return made-up songs as prepared data."""
    songs = {"train": make_songs(train, 1), "valid": make_songs(valid, 2)}
    return SliceData(
        songs=songs,
        names={split: [f"{k}.mid" for k in range(len(s))] for split, s in songs.items()},
        stats={
            split: SplitStats(len(s), len(s), {}, 40 * len(s), len(s), 20.0 * len(s))
            for split, s in songs.items()
        },
        config=DatasetConfig(),
        fingerprint="made up",
    )
