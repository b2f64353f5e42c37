"""Baselines that share notes among the pulses and the triangle.

Each returns for every note 0 or 1 for the pulses, 2 for the triangle, and −1 for a note that is
left out.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.understand.melody_bass_search import CHORD_SPREAD_S

Voices = NDArray[np.int64]

_STARTING_PITCH: Final = (72.0, 64.0, 48.0)
_FREE_S: Final = 1e-6  # a voice whose note ends with the next one's onset is free


def assign_nearest(
    start_s: Sequence[float], end_s: Sequence[float], pitch: Sequence[float]
) -> Voices:
    """Give each note to the free voice whose last pitch is nearest; drop it if none is free.

    Parameters
    ----------
    start_s, end_s
        In seconds, sorted by onset.
    pitch
        MIDI note numbers.
    """
    last = list(_STARTING_PITCH)
    free_s = [0.0, 0.0, 0.0]
    voices = np.full(len(start_s), -1, dtype=np.int64)
    for j, (begin_s, until_s, height) in enumerate(zip(start_s, end_s, pitch, strict=True)):
        able = [k for k in range(3) if free_s[k] <= begin_s + _FREE_S]
        if able:
            k = min(able, key=lambda k: abs(last[k] - height))
            voices[j], last[k], free_s[k] = k, height, until_s
    return voices


def assign_newest(count: int) -> Voices:
    """Give each note to the voice whose note is the oldest, sounding or not."""
    struck = [0, 0, 0]
    voices = np.zeros(count, dtype=np.int64)
    for j in range(count):
        k = struck.index(min(struck))
        voices[j], struck[k] = k, j + 1
    return voices


def assign_skyline(start_s: Sequence[float], pitch: Sequence[float]) -> Voices:
    """Give of the notes that begin together the highest to pulse 1 and the lowest to the triangle.

    The second highest goes to pulse 2; a note that begins alone goes to pulse 1.

    Parameters
    ----------
    start_s
        In seconds, sorted by onset.
    pitch
        MIDI note numbers.
    """
    voices = np.full(len(start_s), -1, dtype=np.int64)
    at = 0
    while at < len(start_s):
        until = at
        while until < len(start_s) and start_s[until] - start_s[at] <= CHORD_SPREAD_S:
            until += 1
        chord = sorted(range(at, until), key=lambda k: -pitch[k])
        voices[chord[0]] = 0
        if len(chord) > 1:
            voices[chord[-1]] = 2
        if len(chord) > 2:
            voices[chord[1]] = 1
        at = until
    return voices
