"""Meter: what an estimator that sees no bar lines names, and the pulse where a take takes over."""

from typing import Final

import numpy as np

from benchmarks.listener.figures import Figure, figure
from benchmarks.listener.material import SEED_S, Material, Pair
from benchmarks.listener.piece import Piece
from benchmarks.listener.pulse_estimate import find_pulse, name_meter
from benchmarks.listener.seeds import METERS, metric

OFF: Final = 1 / 8  # periods from the seed's pulse
_SEAM_S: Final = 3.0  # of the continuation that are compared
_SHORTEST_S: Final = 0.09
_SURE: Final = 0.6  # coherence


def is_off_pulse(seed: Piece, after: Piece) -> bool | None:
    """Tell whether what follows lies off the seed's pulse; None where there is none to tell by.

    The mean place of the first 3 s of onsets between the strokes of the seed's pulse is compared
    with an eighth of its period.
    """
    before = seed.start * seed.beat_s
    pulse = find_pulse(before[before >= SEED_S - 6.0], shortest=_SHORTEST_S)
    times = after.start * after.beat_s
    times = np.unique(np.round(times[times < _SEAM_S], 4))
    if pulse is None or pulse.coherence < _SURE or len(times) < 4:
        return None
    turns = np.exp(2j * np.pi * (times + SEED_S - pulse.phase) / pulse.period)
    return abs(float(np.angle(turns.mean())) / (2 * np.pi)) > OFF


def measure(material: Material) -> list[Figure]:
    """Return shares of takes off the pulse, and of takes whose meter is named as their seed's."""
    pairs = material.pairs
    rng = np.random.default_rng(0)

    def told(which: str) -> list[bool]:
        return [off for pair in pairs if (off := _seam(pair, which)) is not None]

    moved = [
        off
        for pair in pairs
        if (off := is_off_pulse(pair.seed, _later(pair.real, rng.random()))) is not None
    ]
    named = [(name, name_meter(take.made), name_meter(take.seed)) for name, take in material.metric]
    known = [(name, name_meter(metric(number, name, 16))) for name in METERS for number in range(8)]
    songs = [name_meter(song.bars_between(8, 24)) == "4/4" for _, song in material.pop_songs]
    return [
        figure("16 s that begin off the seed's pulse", ours=told("ours"), real=told("real"),
               controls={"moved by chance": moved}, at_most=0.08),
        figure("takes whose meter is named as the seed's", ours=[a == b for a, b, _ in named],
               real=songs, controls={"the seeds": [a == b for a, _, b in named],
                                     "made pieces": [a == b for a, b in known]},
               at_least=0.85),
        *(
            figure(f"  of them in {meter}", ours=[a == b for a, b, _ in named if a == meter],
                   controls={"made pieces": [a == b for a, b in known if a == meter]})
            for meter in METERS
        ),
    ]  # fmt: skip


def _seam(pair: Pair, which: str) -> bool | None:
    after: Piece | None = getattr(pair, which)
    return None if after is None else is_off_pulse(pair.seed, after)


def _later(piece: Piece, seconds: float) -> Piece:
    return piece.on_beats(-seconds / piece.beat_s, 1.0, piece.bar_beats)
