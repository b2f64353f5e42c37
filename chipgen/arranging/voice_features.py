"""Measures three streams of notes as wholes, to find which of them is a triangle."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.arranging.note_features import (
    EXACT_S,
    FITS_PULSE,
    FITS_TRIANGLE,
    FRAME_S,
    OFF_GRID,
    SAME_MOMENT_S,
    Floats,
)

STREAMS: Final = 3
VOICE_FEATURES: Final = 34
OUTLIER: Final = 5.0  # deviations beyond which the judge sees no difference
_LEGATO_FRAMES: Final = 1.2
_NEIGHBOURS: Final = 3  # how far apart in the list two notes of one moment may be


def measure_voices(
    start_s: NDArray[np.float64],
    end_s: NDArray[np.float64],
    pitch: NDArray[np.float64],
    stream: NDArray[np.int64],
    note_features: Floats,
) -> Floats:
    """Measure register, articulation and timing of each stream.

    Parameters
    ----------
    start_s, end_s, pitch
        Of each note; shape (n_notes,).
    stream
        Which stream each belongs to, 0-2, or −1 for none; shape (n_notes,).
    note_features
        `NoteFeatures.note` of the same notes.

    Returns
    -------
    ndarray
        Shape (STREAMS, VOICE_FEATURES); zeros for an empty stream.
    """
    result = np.zeros((STREAMS, VOICE_FEATURES), dtype=np.float32)
    order = _count_orders(start_s, stream)
    middle = np.median(pitch) if len(pitch) else 60.0
    whole_s = max(float(end_s.max() - start_s.min()), FRAME_S) if len(pitch) else 1.0
    for k in range(STREAMS):
        own = stream == k
        if own.any():
            result[k] = _measure(
                start_s[own], end_s[own], pitch[own], note_features[own], float(middle), len(pitch),
                whole_s, float(order[:, k].sum()), float(order[k].sum()),
            )  # fmt: skip
    return result


def _count_orders(start_s: NDArray[np.float64], stream: NDArray[np.int64]) -> NDArray[np.float64]:
    """Count how often a note of one stream begins just before a note of another."""
    order = np.zeros((STREAMS, STREAMS))
    for k in range(1, min(_NEIGHBOURS + 1, len(start_s))):
        later, earlier = stream[k:], stream[:-k]
        lag_s = start_s[k:] - start_s[:-k]
        at = (lag_s > EXACT_S) & (lag_s < SAME_MOMENT_S) & (later != earlier)
        at &= (later >= 0) & (earlier >= 0)
        np.add.at(order, (earlier[at], later[at]), 1.0)
    return order


def _measure(
    start_s: NDArray[np.float64],
    end_s: NDArray[np.float64],
    pitch: NDArray[np.float64],
    note_features: Floats,
    middle: float,
    notes_in_all: int,
    whole_s: float,
    later: float,
    earlier: float,
) -> list[float]:
    count = len(pitch)
    frames = (end_s - start_s) / FRAME_S
    length = np.log(frames + 0.3)
    low, high = np.percentile(pitch, [10, 90])
    gap = (start_s[1:] - end_s[:-1]) / FRAME_S if count > 1 else np.array([60.0])
    step = np.diff(pitch) if count > 1 else np.array([0.0])
    legato = gap < _LEGATO_FRAMES
    before = frames[:-1] if count > 1 else frames
    slides = legato & (before < 3.2) & (step < 0) & (step > -13)
    arpeggios = legato & (before < 4.2) & (np.abs(step) > 2)
    pitches = np.bincount(pitch.astype(np.int64))
    lengths = np.bincount(np.rint(np.minimum(frames, 60.0)).astype(np.int64))
    return [
        (float(np.median(pitch)) - 60.0) / 12.0,
        (float(np.median(pitch)) - middle) / 12.0,
        (low - 60.0) / 12.0,
        (high - 60.0) / 12.0,
        (high - low) / 12.0,
        float(pitch.min() < 33),  # below the longest period of a pulse
        count / notes_in_all,
        float(np.log(count)),
        length.mean(),
        length.std(),
        (frames < 1.5).mean(),
        (frames < 0.2).mean(),
        (frames < 4.0).mean(),
        (frames > 30.0).mean(),
        (np.abs(gap) < 0.01).mean(),
        legato.mean(),
        np.log1p(np.maximum(gap, 0.0)).mean(),
        (step == 0).mean(),
        np.abs(step).mean() / 12.0,
        (np.abs(step) == 12).mean(),
        (np.abs(step) <= 2).mean(),
        slides.sum() / count,
        arpeggios.sum() / count,
        *note_features[:, OFF_GRID : OFF_GRID + 3].mean(axis=0).tolist(),
        (later - earlier) / (later + earlier + 2.0),
        min(1.0, (later + earlier) / (0.2 * count + 1.0)),
        pitches.max() / count,
        lengths.max() / count,
        (end_s - start_s).sum() / whole_s,
        (np.abs(frames - np.rint(frames)) < 0.02).mean(),
        float(np.log1p(note_features[:, FITS_PULSE].sum())),
        float(np.log1p(note_features[:, FITS_TRIANGLE].sum())),
    ]
