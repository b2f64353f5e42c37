"""Measures how much of a song its rows hold: whether they sound, and whether they have its tune."""

from bisect import bisect_right
from dataclasses import dataclass

from chipgen.rows.prompt import Prompt
from synth.chip.voices import PITCHED, PULSES


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a song a model can learn.

    Attributes
    ----------
    busy
        Share of rows in which a pulse or the triangle sounds, 0–1.
    tune
        Share of the tune's notes that begin on a row of a pulse at their pitch class, 0–1; 1 for a
        song that has no tune.
    """

    busy: float
    tune: float


def measure_coverage(prompt: Prompt) -> Coverage:
    """Measure how much of a seed its rows hold."""
    states = prompt.encoded.rows.states[:, : len(PITCHED)]
    busy = float((states > 0).any(axis=1).mean()) if len(states) else 0.0
    if prompt.is_voiced:  # its voices are the rows' voices
        return Coverage(busy, 1.0)
    edges = prompt.encoded.edges_beats
    middles = ((edges[:-1] + edges[1:]) / 2).tolist()
    found = every = 0
    for placement in prompt.arrangement.placements:
        if placement.role != "tune":
            continue
        every += 1
        note = prompt.seed.tracks[placement.track].notes[placement.index]
        row = bisect_right(middles, note.onset_beats)
        if placement.voice in PULSES and row < len(states):
            state = int(states[row, PITCHED.index(placement.voice)])
            found += state > 1 and (state - placement.pitch) % 12 == 0
    return Coverage(busy, found / every if every else 1.0)
