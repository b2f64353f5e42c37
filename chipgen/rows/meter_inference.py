"""Infers beats and bars from rows: how many rows make each, and where the first bar begins.

Every possible bar length is scored at every place where the first bar could begin. Three kinds of
evidence count (see `meter_evidence`): accents (long notes, changes of bass, drums) fall on strong
places of the bar; music repeats after whole bars and beats rather than between them; and the place
in the bar predicts where voices begin notes. Usual tempi, beats of some two notes, usual meters and
songs that begin with a bar are preferred a little.

The weights were chosen by hand on scores whose meter is printed and on NES-MDB's loops, which
should be whole bars; see the documentation of the data set for how often each comes out right.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.meter_evidence import (
    accents,
    gains,
    kinds_of_onset,
    off_beat,
    pattern_nats,
    repeats,
)
from chipgen.rows.quantise import RowSong
from chipgen.rows.row_inference import NES_FRAME_HZ
from chipgen.rows.row_loops import RowLoop
from chipgen.rows.row_states import HOLD, NOISE

USUAL_BPM: Final = 130.0
SLOWEST_BPM: Final = 45.0
FASTEST_BPM: Final = 300.0
_LONGEST_BAR_ROWS: Final = 192
_LAG_BARS: Final = 8  # repetitions are looked for over this many bars
_LONGEST_LAG_FRAMES: Final = 2400
_FEWEST_ACCENTS: Final = 8
_MUCH_OFF_BEAT: Final = 0.15  # share of notes
_MOST_ROWS: Final = 256  # rows that count as independent witnesses
_MOST_LAGS: Final = 64

# Shares of tempered likelihood to how often they are right, by logistic regression on 114 train
# songs of POP909: half bars (whose slope is halved: it did not hold elsewhere), bar lengths, bars.
_TEMPER: Final = 8.0
_LEAST_SHARE: Final = 0.02
_RIGHT: Final = ((0.30, 0.60), (0.74, 0.56), (0.53, -0.03))

# Beats a bar, parts a beat, the meter as it is written, and how unusual it is (log-weight).
METERS: Final = (
    (4, 2, 4, 4, 0.0),
    (3, 2, 3, 4, -1.2),
    (2, 2, 2, 4, -3.0),
    (2, 3, 6, 8, -1.0),
    (4, 3, 12, 8, -2.5),
    (3, 3, 9, 8, -2.5),
    (5, 2, 5, 4, -3.0),
    (7, 2, 7, 4, -5.0),
)


@dataclass(frozen=True, slots=True)
class MeterConfig:
    """What speaks for a bar, and how loudly.

    Attributes
    ----------
    accents, repeats, pattern
        Weights of the three kinds of evidence.
    tempo_octaves
        How far tempi lie from 130 beats a minute, in octaves (standard deviation).
    beat_onsets, onset_octaves
        How many of a beat's rows begin a note with a pitch, and how far from that in octaves
        (standard deviation): in POP909's train songs the median is 2.1, the middle half 1.8 to 2.5.
    odd_beat
        Taken from beats whose number of rows has a prime factor above 3.
    uneven_beat
        Taken, as notes begin off such beats, where a beat of two parts has an odd number of rows.
    begin
        Taken from bars that do not begin with the first row.
    loop, loop_start
        Taken, times the loop's confidence, where the loop is not whole bars, and where it does not
        begin with a bar.
    """

    accents: float = 0.4
    repeats: float = 0.2
    pattern: float = 0.3
    tempo_octaves: float = 0.35
    beat_onsets: float = 2.2
    onset_octaves: float = 0.3
    odd_beat: float = 1.0
    uneven_beat: float = 4.0
    begin: float = 3.0
    loop: float = 3.0
    loop_start: float = 1.5


@dataclass(frozen=True, slots=True)
class RowMeter:
    """Beats and bars of a song on rows.

    Attributes
    ----------
    beat_rows, beats
        Rows a beat, and beats a bar.
    numerator, denominator
        The meter as it is written; beats of three parts are dotted quarters (6/8, 9/8, 12/8).
    first_bar
        First row that begins a bar, 0 … bar_rows − 1; rows before it are an upbeat.
    bpm
        Beats a minute in the mean over the song.
    half_confidence, length_confidence, confidence
        Probability, 0–1, that half bars are where inferred, that bars have this length, and that
        they also begin there. Scores are overconfident, so their shares were
        measured against how often they are right on songs of POP909 (see docs/dataset.md).
    """

    beat_rows: int
    beats: int
    numerator: int
    denominator: int
    first_bar: int
    bpm: float
    half_confidence: float
    length_confidence: float
    confidence: float

    @property
    def bar_rows(self) -> int:
        """Rows a bar."""
        return self.beat_rows * self.beats

    @property
    def beat_quarters(self) -> float:
        """Quarter notes a beat: 1, or 1.5 where the beat has three parts."""
        return 1.0 if self.denominator == 4 else 1.5


def infer_meter(
    song: RowSong, loop: RowLoop | None = None, config: MeterConfig | None = None
) -> RowMeter | None:
    """Find the beats and bars of a song on rows.

    Parameters
    ----------
    loop
        Where the song loops, if known: a loop is most often whole bars.

    Returns
    -------
    RowMeter or None
        None for songs shorter than two bars of any kind, and songs without notes.
    """
    config = config or MeterConfig()
    rows = len(song)
    row_frames = float(np.mean(song.grid.frames))
    accented = [track for track in accents(song) if (track > 0).sum() >= _FEWEST_ACCENTS]
    begun = song.rows.states > HOLD
    if not begun.any():
        return None
    alike = np.zeros(min(rows, round(_LONGEST_LAG_FRAMES / row_frames)))
    repeats(np.ascontiguousarray(song.rows.states), alike)
    kinds = kinds_of_onset(song)
    dense = float(begun[:, :NOISE].any(axis=1).mean())  # share of rows that begin a note
    pattern: dict[tuple[int, int, int], float] = {}
    found: list[tuple[NDArray[np.float64], int, int, float]] = []
    for beats, beat_rows, parts, number, weight in _candidates(row_frames, rows):
        bar = beats * beat_rows
        spans = (beat_rows, 2 * beat_rows if beats == 4 else beat_rows, bar)
        if spans not in pattern:
            counts = np.zeros((2, 3, bar))
            pattern[spans] = pattern_nats(kinds, *spans, counts) * min(1.0, _MOST_ROWS / rows)
        bpm = 60.0 * NES_FRAME_HZ / (beat_rows * row_frames)
        octaves = float(np.log2(bpm / USUAL_BPM)) / config.tempo_octaves
        lags = alike[: _LAG_BARS * bar]
        known = np.ones(len(lags), dtype=np.bool_)
        known[0] = False
        comes_again = gains(lags, known, beats, beat_rows, parts, 1).item()
        comes_again *= min(len(lags), _MOST_LAGS)
        score = weight - 0.5 * octaves**2 + config.pattern * pattern[spans]
        score += config.repeats * comes_again
        if dense:
            octaves = float(np.log2(dense * beat_rows / config.beat_onsets)) / config.onset_octaves
            score -= 0.5 * octaves**2
        score -= config.odd_beat * (not _is_smooth(beat_rows))
        if beat_rows % parts:
            score -= config.uneven_beat * min(1.0, off_beat(begun, beat_rows) / _MUCH_OFF_BEAT)
        everywhere = np.ones(rows, dtype=np.bool_)
        strong = np.zeros(bar)
        for track in accented:
            strong += gains(track, everywhere, beats, beat_rows, parts, bar)
        scores = score + config.accents * min(rows, _MOST_ROWS) * strong
        scores -= config.begin * (np.arange(bar) > 0)
        if loop is not None:
            scores -= config.loop * loop.confidence * (loop.rows % bar != 0)
            off = (loop.start - np.arange(bar)) % bar != 0
            scores -= config.loop_start * loop.confidence * off
        found.append((scores, number, beat_rows, bpm))
    if not found:
        return None
    scores, number, beat_rows, bpm = max(found, key=lambda other: float(other[0].max()))
    first_bar, best = int(scores.argmax()), float(scores.max())
    beats, _, numerator, denominator, _ = METERS[number]
    shares = _shares(found, beats, beat_rows, first_bar, best)
    right = [_probability(share, *fitted) for share, fitted in zip(shares, _RIGHT, strict=True)]
    return RowMeter(beat_rows, beats, numerator, denominator, first_bar, bpm, *right)


def _shares(
    found: list[tuple[NDArray[np.float64], int, int, float]],
    beats: int,
    beat_rows: int,
    first_bar: int,
    best: float,
) -> tuple[float, float, float]:
    """Return what share of all likelihood, tempered, agrees on half bars, length, and both."""
    half_rows = _half_rows(beats, beat_rows)
    half = length = here = total = 0.0
    for scores, number, rows, _ in found:
        likely = np.exp((scores - best) / _TEMPER)
        total += float(likely.sum())
        if _half_rows(METERS[number][0], rows) == half_rows:
            half += float(likely[first_bar % half_rows :: half_rows].sum())
        if len(scores) == beats * beat_rows:
            length += float(likely.sum())
            here += float(likely[first_bar])
    return half / total, length / total, here / total


def _half_rows(beats: int, beat_rows: int) -> int:
    """Return rows from one place where chords change to the next: half bars of four beats."""
    return 2 * beat_rows if beats == 4 else beats * beat_rows


def _probability(share: float, slope: float, start: float) -> float:
    """Return how often what has such a share is right: a logistic curve over its log odds."""
    share = min(max(share, _LEAST_SHARE), 1.0 - _LEAST_SHARE)
    odds = slope * float(np.log(share / (1.0 - share))) + start
    return 1.0 / (1.0 + float(np.exp(-odds)))


def _candidates(row_frames: float, rows: int) -> Iterator[tuple[int, int, int, int, float]]:
    """Yield beats, rows a beat, parts a beat, index and log-weight of bars that fit in twice."""
    for number, (beats, parts, _, _, weight) in enumerate(METERS):
        for beat_rows in range(1, min(_LONGEST_BAR_ROWS, rows // 2) // beats + 1):
            bpm = 60.0 * NES_FRAME_HZ / (beat_rows * row_frames)
            if (beat_rows % parts == 0 or parts == 2) and SLOWEST_BPM <= bpm <= FASTEST_BPM:
                yield beats, beat_rows, parts, number, weight


def _is_smooth(number: int) -> bool:
    for prime in (2, 3):
        while number % prime == 0:
            number //= prime
    return number == 1
