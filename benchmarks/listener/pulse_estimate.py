"""Finds the pulse, the bar and the meter of a table of notes, from the notes alone.

The pulse is the period at which onsets are most coherent; bars are the period at which the music is
most like itself, and begin where basses, long notes and drums weigh most.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.listener.piece import Piece
from benchmarks.listener.tune_and_bass import LINES, in_lines

SHORTEST_S, LONGEST_S = 0.075, 0.34  # a pulse: sixteenths at 200 beats a minute, eighths at 88
_AS_GOOD: Final = 0.88  # a longer pulse wins over the most coherent one if it is nearly so
_BAR_S: Final = (1.1, 4.2)
_BAR_PULSES: Final = (8, 12, 16, 20, 24, 14, 28, 32)
METERS: Final = {"3/4": 12, "6/8": 12, "4/4": 16, "5/4": 20, "7/8": 14}  # sixteenths in a bar


@dataclass(frozen=True, slots=True)
class Pulse:
    """A pulse: period and the place of one stroke, in the times' own unit, and coherence 0–1."""

    period: float
    phase: float
    coherence: float

    def offset(self, times: NDArray[np.float64]) -> float:
        """Return the mean place of times between strokes, −0.5 to 0.5 periods."""
        turn = np.exp(2j * np.pi * (times - self.phase) / self.period).mean()
        return float(np.angle(turn) / (2 * np.pi))


def find_pulse(
    times: NDArray[np.float64], shortest: float = SHORTEST_S, longest: float = LONGEST_S
) -> Pulse | None:
    """Return the pulse of onset times; None if they are fewer than 8.

    Parameters
    ----------
    times
        Seconds, shape (onsets,).
    shortest, longest
        What periods are looked for, seconds.
    """
    if len(times) < 8:
        return None
    times = np.unique(np.round(times, 4))
    span = max(float(np.ptp(times)), longest)
    count = int(4 * span * (1 / shortest - 1 / longest)) + 2
    periods = 1 / np.linspace(1 / longest, 1 / shortest, count)
    spread = np.abs(np.exp(2j * np.pi * times[None, :] / periods[:, None]).mean(axis=1))
    good = np.flatnonzero(spread >= _AS_GOOD * spread.max())
    best = int(good[0])  # the longest
    while best + 1 < count and spread[best + 1] > spread[best]:
        best += 1
    fine = 1 / np.linspace(1 / periods[max(best - 1, 0)], 1 / periods[min(best + 1, count - 1)], 81)
    turns = np.exp(2j * np.pi * times[None, :] / fine[:, None]).mean(axis=1)
    top = int(np.argmax(np.abs(turns)))
    phase = float(np.angle(turns[top]) / (2 * np.pi) * fine[top])
    return Pulse(float(fine[top]), phase, float(abs(turns[top])))


def find_bars(piece: Piece) -> Piece | None:
    """Return a piece whose beats are unknown counted in beats and bars that are found.

    What comes back begins at the first bar line; four pulses are a beat, but bars may be of any
    number of pulses. None if no pulse is coherent, or there are fewer than eight bars.
    """
    seconds = piece.start * piece.beat_s
    pulse = find_pulse(seconds)
    if pulse is None or pulse.coherence < 0.4:
        return None
    beats = piece.on_beats(pulse.phase / piece.beat_s, 4 * pulse.period / piece.beat_s, 4.0)
    weights = accents(beats, 4)
    lengths = [k for k in _BAR_PULSES if _BAR_S[0] <= k * pulse.period <= _BAR_S[1]]
    lengths = [k for k in lengths if len(weights.like) > 8 * k]
    if not lengths:
        return None
    scores = {k: weights.likeness(k) * (1.0 - 0.05 * (k in (14, 28, 20))) for k in lengths}
    bar = max(lengths, key=lambda k: scores[k])
    first = weights.downbeat(bar)
    found = beats.on_beats(first / 4, 1.0, bar / 4)
    return found.take(found.start >= -1e-6)


@dataclass(frozen=True, slots=True, eq=False)
class Accents:
    """What happens on each step of a grid.

    Attributes
    ----------
    like
        What begins, by line and pitch class, each row of unit length or 0; shape (steps, features).
    weight
        How heavy the step is, shape (steps,).
    change
        How much the harmony around the step's beginning changes, shape (steps,).
    """

    like: NDArray[np.float64]
    weight: NDArray[np.float64]
    change: NDArray[np.float64]

    def likeness(self, lag: int) -> float:
        """Return how alike steps are to those `lag`, 2 `lag` and 4 `lag` later."""
        values = []
        for times, share in ((1, 0.5), (2, 0.3), (4, 0.2)):
            step = lag * times
            if step >= len(self.like):
                continue
            a, b = self.like[:-step], self.like[step:]
            either = ((a**2).sum(axis=1) > 0) | ((b**2).sum(axis=1) > 0)
            values.append((share, float((a * b).sum() / max(1, either.sum()))))
        total = sum(share for share, _ in values)
        return sum(share * value for share, value in values) / total if total else 0.0

    def downbeat(self, bar: int) -> int:
        """Return the step of a bar at which bars begin most likely."""
        profile = self.profile(bar)
        return int(np.argmax(profile))

    def profile(self, bar: int) -> NDArray[np.float64]:
        """Return the mean weight of each step of a bar, shape (bar,)."""
        total = self.weight + self.change
        steps = np.arange(len(total)) % bar
        return np.bincount(steps, total, bar) / np.maximum(1, np.bincount(steps, minlength=bar))


def accents(piece: Piece, per_beat: int = 4) -> Accents:
    """Put a piece on a grid of so many steps a beat, and weigh its steps."""
    lines = in_lines(piece)
    steps = int(np.ceil(max(lines.length, 1.0) * per_beat)) + 1
    at = np.clip(np.rint(lines.start * per_beat).astype(int), 0, steps - 1)
    lasts = np.minimum(4.0, lines.end - lines.start)
    drums, bass = lines.voice == LINES.index("drums"), lines.voice == LINES.index("bass")
    # Pitch classes of three lines, and high and low drums.
    column = np.where(
        drums, 36 + (lines.pitch > 8), 12 * np.minimum(lines.voice, 2) + lines.pitch % 12
    )
    like = np.zeros((steps, 38))
    np.maximum.at(like, (at, column), np.where(drums, 0.5, 1.0 + 0.5 * bass))
    like /= np.maximum(1e-9, np.sqrt((like**2).sum(axis=1, keepdims=True)))
    weight = np.zeros(steps)
    heavy = np.where(drums, 0.25, np.sqrt(lasts) * np.where(bass, 1.5, 0.7))
    np.add.at(weight, at, heavy)
    weight /= max(1e-9, weight.mean())
    chroma = np.zeros((steps, 12))
    for a, b, p in zip(at[~drums], lines.end[~drums], lines.pitch[~drums], strict=True):
        chroma[a : max(a + 1, int(np.rint(b * per_beat))), p % 12] += 1
    sums = np.concatenate([np.zeros((1, 12)), np.cumsum(chroma, axis=0)])
    width = 2 * per_beat
    here = np.arange(steps)
    after = sums[np.minimum(here + width, steps)] - sums[here]
    before = sums[here] - sums[np.maximum(here - width, 0)]
    norm = np.linalg.norm(after, axis=1) * np.linalg.norm(before, axis=1)
    change = np.where(norm > 0, 1 - (after * before).sum(axis=1) / np.maximum(norm, 1e-9), 0.0)
    return Accents(like, weight, 2.0 * change / max(1e-9, change.mean()))


def name_meter(piece: Piece) -> str:
    """Return which of `METERS` a piece is in, by its notes and its tempo alone.

    Bar lines are not looked at; quarter notes are.
    """
    grid = accents(piece, 4)
    scores = {}
    for name in ("3/4", "4/4", "5/4", "7/8"):
        bar = METERS[name]
        profile = grid.profile(bar)
        peak = float(profile.max() / max(profile.mean(), 1e-9)) - 1
        scores[name] = grid.likeness(bar) + 0.05 * min(peak, 4.0)
    best = max(scores, key=lambda name: scores[name])
    if best != "3/4":
        return best
    profile = np.roll(grid.profile(12), -grid.downbeat(12))
    return "6/8" if profile[6] > 0.5 * (profile[4] + profile[8]) else "3/4"
