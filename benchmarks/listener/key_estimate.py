"""The key of a table of notes by Albrecht and Shanahan's profiles."""

from typing import Final

import numpy as np

from benchmarks.listener.piece import Piece

# The Use of Large Corpora to Train a New Type of Key-Finding Algorithm, Music Perception 31 (2013):
# shares of each scale degree; the key whose profile is nearest by Euclidean distance is named.
MAJOR: Final = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
MINOR: Final = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)


def find_key(piece: Piece) -> tuple[int, str] | None:
    """Return tonic (0–11, C is 0) and mode of a piece by the durations of its pitched notes."""
    pitched = piece.take(~piece.drums)
    if not len(pitched):
        return None
    shares = np.bincount(pitched.pitch % 12, pitched.end - pitched.start, 12)
    shares = shares / max(1e-9, shares.sum())
    distances = {
        (tonic, mode): float(np.linalg.norm(shares - np.roll(profile, tonic)))
        for mode, profile in (("major", MAJOR), ("minor", MINOR))
        for tonic in range(12)
    }
    return min(distances, key=lambda key: distances[key])


def relative(key: tuple[int, str]) -> tuple[int, str]:
    """Return the key with the same notes."""
    tonic, mode = key
    return ((tonic + 9) % 12, "minor") if mode == "major" else ((tonic + 3) % 12, "major")
