"""Finds the key of a score.

The method is that of Albrecht and Shanahan ("The Use of Large Corpora to Train a New
Type of Key-Finding Algorithm", Music Perception 31, 2013): of 24 keys, the one whose share of
sounding time by pitch class lies nearest to the piece's, by Euclidean distance.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.key_names import Key, parse_key
from chipgen.music.note_grid import pitched_tracks
from chipgen.music.score import Score

# Shares of sounding time from the tonic upwards: Albrecht and Shanahan 2013, table 2.
_MAJOR: Final = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR: Final = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)
_PROFILES: Final = {"major": np.array(_MAJOR), "minor": np.array(_MINOR)}
# Shares of each pitch class in each key, C to B major, then minor; shape (24, 12), rows sum to 1.
KEY_PROFILES: Final = np.array(
    [np.roll(p / p.sum(), tonic) for p in _PROFILES.values() for tonic in range(12)]
)
_SIGNATURE_SLACK: Final = 1.2  # a file's own key is kept if its distance is at most this many times


def detect_key(score: Score) -> Key | None:
    """Find a piece's key; None if nothing in it has a pitch.

    The key signature of the file decides between keys that fit about equally well, as a key and
    its relative often do.

    Examples
    --------
    >>> from chipgen.music.score import Note, Track
    >>> tune = tuple(Note(float(k), 1.0, p) for k, p in enumerate([57, 60, 64, 62, 64, 56, 57]))
    >>> detect_key(Score((Track(notes=tune),))).name
    'A minor'
    """
    shares = pitch_class_shares(score)
    if shares is None:
        return None
    distances = _distances(shares)
    nearest = nearest_key(shares)
    if score.key:
        told = parse_key(score.key)
        told = told if told.mode else Key(told.tonic, "major")
        if distances[told] <= _SIGNATURE_SLACK * distances[nearest]:
            return told
    return nearest


def nearest_key(shares: NDArray[np.float64]) -> Key:
    """Return the key nearest to shares of sounding time by pitch class, shape (12,), sum 1."""
    distances = _distances(shares)
    return min(distances, key=lambda key: distances[key])


def pitch_class_shares(score: Score) -> NDArray[np.float64] | None:
    """Return the share of sounding time that each pitch class has, shape (12,); None if silent."""
    shares = np.zeros(12)
    for track in pitched_tracks(score):
        for note in track.notes:
            shares[note.pitch % 12] += note.duration_beats
    return shares / shares.sum() if shares.any() else None


def _distances(shares: NDArray[np.float64]) -> dict[Key, float]:
    away = np.linalg.norm(shares - KEY_PROFILES, axis=1).tolist()
    keys = (Key(tonic, mode) for mode in _PROFILES for tonic in range(12))
    return dict(zip(keys, away, strict=True))
