"""Seeds made here: melodies, and pieces whose meter anyone hears, each drawn from a number."""

from typing import Final

import numpy as np

from benchmarks.listener.piece import Piece, make_piece_of

_MAJOR: Final = (0, 2, 4, 5, 7, 9, 11)
_PLANS: Final = (
    (0, 5, 3, 4),
    (0, 3, 4, 0),
    (0, 4, 5, 3),
    (0, 1, 4, 0),
)  # degrees of chords, a bar each
METERS: Final[dict[str, tuple[int, int]]] = {
    "3/4": (3, 4), "6/8": (6, 8), "4/4": (4, 4), "5/4": (5, 4), "7/8": (7, 8),
}  # fmt: skip
# Where each meter's beats begin, in quarter notes.
_BEATS: Final[dict[str, tuple[float, ...]]] = {
    "3/4": (0, 1, 2), "6/8": (0, 1.5), "4/4": (0, 1, 2, 3), "5/4": (0, 1, 2, 3, 4),
    "7/8": (0, 1, 2),
}  # fmt: skip
_GROUPS: Final = {"5/4": 3.0, "7/8": 2.0, "6/8": 1.5}  # where the second, lighter half begins


def melody(number: int, bars: int = 4, meter: str = "4/4") -> Piece:
    """Return a melody alone, on chords that are not heard; each fourth bar is one held note."""
    return metric(number, meter, bars).take_voice("melody")


def metric(number: int, meter: str, bars: int = 8) -> Piece:
    """Return a melody with chords and a bass, in a major key and a meter that its bass marks."""
    rng = np.random.default_rng([number, len(meter), METERS[meter][0]])
    numerator, denominator = METERS[meter]
    bar = 4.0 * numerator / denominator
    tonic = int(rng.integers(0, 12))
    plan = _PLANS[int(rng.integers(len(_PLANS)))]
    beats = np.array(_BEATS[meter], dtype=float)
    figure = _rhythm(rng, bar, beats)
    tune, chords, bass = [], [], []
    degree = int(rng.choice([0, 2, 4]))
    shape = rng.integers(-2, 3, len(figure))
    for k in range(bars):
        root = plan[k % len(plan)]
        at = k * bar
        low = 36 + (tonic + _MAJOR[root]) % 12
        bass.append((at, beats[1] * 0.95, low))
        second = _GROUPS.get(meter, float(beats[len(beats) // 2]) if meter == "4/4" else 0.0)
        if second:
            bass.append((at + second, 0.95, low + 7))
        offbeats = beats[1:] if meter != "6/8" else np.array([0.5, 1.0, 2.0, 2.5])
        for beat in offbeats:
            tones = [48 + (tonic + _step(root + step)) % 12 for step in (2, 4)]
            chords += [(at + beat, 0.45, tone) for tone in tones]
        last = k % 4 == 3
        for index, (start, lasts) in enumerate(figure if not last else figure[:1]):
            strong = index == 0
            degree = int(np.clip(degree + shape[index], -1, 8))
            if strong:
                degree = min((root + step + 7 * o for step in (0, 2, 4) for o in (0, 1)),
                             key=lambda d: abs(d - degree))  # fmt: skip
            held = bar * 0.9 if last else lasts
            tune.append((at + start, held, 60 + tonic + _step(degree)))
    lines = {"melody": tune, "guitar": chords, "bass": bass}
    return make_piece_of(lines, bar_beats=bar, beat_s=0.5, length=bars * bar)


def _step(degree: int) -> int:
    return 12 * (degree // 7) + _MAJOR[degree % 7]


def _rhythm(rng: np.random.Generator, bar: float, beats: np.ndarray) -> list[tuple[float, float]]:
    """Return one bar's (start, duration): a note on each beat, some beats split."""
    ends = [*beats[1:], bar]
    notes = []
    for start, end in zip(beats, ends, strict=True):
        if rng.random() < 0.5 and start > 0:
            half = start + (0.5 if end - start < 1.5 else 1.0)
            notes += [(float(start), float(half - start)), (float(half), float(end - half))]
        else:
            notes.append((float(start), float(end - start)))
    return notes
