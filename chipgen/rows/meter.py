"""Infers beats and bars from rows: how many rows make each, and where the first bar begins.

Every bar that could be is scored, at every place where the first one could begin. Three things
speak for a bar: accents (long notes, changes of bass, drums) fall on its strong places; what is
heard comes again after whole bars and beats rather than between them; and where voices begin notes
is foretold by the place in the bar. The first two are told by one measure: by how much a row of
numbers is better described by a mean for each strength of metrical place (off the beat, half beat,
beat, middle of the bar, downbeat), a stronger place's never being lower, than by one mean for all.
Usual tempi, usual meters and songs that begin with a bar have a little start.

The weights were chosen by hand on scores whose meter is printed and on NES-MDB's loops, which
should be whole bars; see the documentation of the data set for how often each comes out right.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.grid import RowSong
from chipgen.rows.row_loops import RowLoop
from chipgen.rows.states import HOLD, NOISE
from chipgen.rows.tempo import NES_FRAME_HZ
from synth.kernels import kernel
from synth.kernels.elementary import log

USUAL_BPM: Final = 130.0
SLOWEST_BPM: Final = 45.0
FASTEST_BPM: Final = 300.0
_LONGEST_BAR_ROWS: Final = 192
_LAG_BARS: Final = 8  # repetitions are looked for over this many bars
_LONGEST_LAG_FRAMES: Final = 2400
_LONGEST_NOTE_ROWS: Final = 16  # longer notes are no stronger accents
_FEWEST_ACCENTS: Final = 8
_DRUMS: Final = 3
_LEAN: Final = 3.0  # observations that what is known of wider places is worth
_MUCH_OFF_BEAT: Final = 0.15  # share of notes
_LEVELS: Final = 5
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
        Probability, 0–1, that half bars are where they are told, that bars are as long, and that
        they are as long and begin there. Scores say too much of themselves, so their shares were
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
    accents = [track for track in _accents(song) if (track > 0).sum() >= _FEWEST_ACCENTS]
    begun = song.rows.states > HOLD
    if not begun.any():
        return None
    alike = np.zeros(min(rows, round(_LONGEST_LAG_FRAMES / row_frames)))
    _repeats(np.ascontiguousarray(song.rows.states), alike)
    kinds = _kinds_of_onset(song)
    pattern: dict[tuple[int, int, int], float] = {}
    found: list[tuple[NDArray[np.float64], int, int, float]] = []
    for beats, beat_rows, parts, number, weight in _candidates(row_frames, rows):
        bar = beats * beat_rows
        spans = (beat_rows, 2 * beat_rows if beats == 4 else beat_rows, bar)
        if spans not in pattern:
            counts = np.zeros((2, 3, bar))
            pattern[spans] = _pattern_nats(kinds, *spans, counts) * min(1.0, _MOST_ROWS / rows)
        bpm = 60.0 * NES_FRAME_HZ / (beat_rows * row_frames)
        octaves = float(np.log2(bpm / USUAL_BPM)) / config.tempo_octaves
        lags = alike[: _LAG_BARS * bar]
        known = np.ones(len(lags), dtype=np.bool_)
        known[0] = False
        comes_again = float(_gains(lags, known, beats, beat_rows, parts, 1)[0])
        comes_again *= min(len(lags), _MOST_LAGS)
        score = weight - 0.5 * octaves**2 + config.pattern * pattern[spans]
        score += config.repeats * comes_again
        score -= config.odd_beat * (not _is_smooth(beat_rows))
        if beat_rows % parts and beat_rows > 1:
            score -= config.uneven_beat * min(1.0, _off_beat(begun, beat_rows) / _MUCH_OFF_BEAT)
        everywhere = np.ones(rows, dtype=np.bool_)
        strong = np.zeros(bar)
        for track in accents:
            strong += _gains(track, everywhere, beats, beat_rows, parts, bar)
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


def _off_beat(begun: NDArray[np.bool_], beat_rows: int) -> float:
    """Return the share of notes that begin off the commonest place of the beat."""
    places = np.zeros(beat_rows)
    np.add.at(places, np.arange(len(begun)) % beat_rows, begun.sum(axis=1))
    return float(1.0 - places.max() / places.sum())


def _accents(song: RowSong) -> list[NDArray[np.float64]]:
    """Return how much of an accent each row is: by melody, bass notes, bass changes and drums."""
    rows = len(song)
    begun = song.rows.states > HOLD
    lengths = np.zeros((rows, 3))
    for voice in range(3):
        at = np.nonzero(begun[:, voice])[0]
        gaps = np.minimum(np.diff(np.append(at, rows)), _LONGEST_NOTE_ROWS)
        lengths[at, voice] = np.log2(1 + gaps)
    changes = np.zeros(rows)
    at = np.nonzero(begun[:, 2])[0]
    if len(at):
        pitches = song.rows.states[at, 2].astype(np.int64)
        changes[at] = np.concatenate([[True], np.diff(pitches) % 12 != 0])
    drums = begun[:, 3] * (0.5 + song.rows.volume[:, 3] / 15)
    return [lengths[:, 0] + lengths[:, 1], lengths[:, 2], changes, drums]


def _kinds_of_onset(song: RowSong) -> NDArray[np.bool_]:
    """Return what begins on each row: a note of each melodic voice, each of the usual drums."""
    noise = song.rows.states[:, 3]
    periods, counts = np.unique(noise[noise > 1], return_counts=True)
    usual = periods[np.argsort(-counts, kind="stable")][:_DRUMS]
    columns = [song.rows.states[:, voice] > HOLD for voice in range(NOISE)]
    return np.stack([*columns, *(noise == period for period in usual.tolist())], axis=1)


@kernel(states="uint8[:,:]", result="float64[:]")
def _repeats(states: NDArray[np.uint8], result: NDArray[np.float64]) -> None:
    """Write the share of onsets that come again after each lag; other pitches count 0.3."""
    for lag in range(1, len(result)):
        same = 0.0
        heard = 4.0  # few onsets prove little
        for t in range(lag, len(states)):
            for voice in range(4):
                now = states[t, voice]
                then = states[t - lag, voice]
                if now > 1 or then > 1:
                    heard += 1.0
                    if now == then:
                        same += 1.0
                    elif now > 1 and then > 1:
                        same += 0.3
        result[lag] = same / heard


@kernel(begun="bool[:,:]", counts="float64[:,:,:]")
def _pattern_nats(
    begun: NDArray[np.bool_], beat: int, half: int, bar: int, counts: NDArray[np.float64]
) -> float:
    """Return the nats by which the place in the bar tells what begins (adaptive counts).

    Each place of the bar leans on that of the half bar, this on that of the beat, and this on the
    mean, so a bar costs little where its halves or beats are alike. `counts` is scratch, shape
    (2, 3, bar).
    """
    rows, voices = begun.shape
    saved = 0.0
    yes, seen = counts[0], counts[1]
    for voice in range(voices):
        onsets = 0
        for t in range(rows):
            onsets += begun[t, voice]
        mean = (onsets + 0.5) / (rows + 1.0)
        for level in range(3):
            for place in range(bar):
                yes[level, place] = seen[level, place] = 0.0
        for t in range(rows):
            share = mean
            for level, span in enumerate((beat, half, bar)):
                place = t % span
                share = (yes[level, place] + _LEAN * share) / (seen[level, place] + _LEAN)
            saved += log(share / mean if begun[t, voice] else (1.0 - share) / (1.0 - mean))
            for level, span in enumerate((beat, half, bar)):
                seen[level, t % span] += 1.0
                yes[level, t % span] += begun[t, voice]
    return saved


def _gains(
    values: NDArray[np.float64],
    known: NDArray[np.bool_],
    beats: int,
    beat_rows: int,
    parts: int,
    phases: int,
) -> NDArray[np.float64]:
    """Return nats a value that metrical places save, for bars that begin at 0 … phases − 1."""
    result = np.zeros(phases)
    places, levels = np.zeros((2, beats * beat_rows)), np.empty((2, _LEVELS))
    _place_gains(
        np.ascontiguousarray(values), known, beats, beat_rows, parts, places, levels, result
    )
    return result


@kernel(
    values="float64[:]", known="bool[:]", places="float64[:,:]", levels="float64[:,:]",
    result="float64[:]",
)  # fmt: skip
def _place_gains(
    values: NDArray[np.float64],
    known: NDArray[np.bool_],
    beats: int,
    beat_rows: int,
    parts: int,
    places: NDArray[np.float64],
    levels: NDArray[np.float64],
    result: NDArray[np.float64],
) -> None:
    """Write the gains, which are 0 before; `places`, all 0, and `levels` are scratch."""
    bar = beats * beat_rows
    place_sum, place_count = places[0], places[1]
    sums, counts = levels[0], levels[1]
    squares = 0.0
    for t in range(len(values)):
        if known[t]:
            place_sum[t % bar] += values[t]
            place_count[t % bar] += 1.0
            squares += values[t] * values[t]
    count, total = 0.0, 0.0
    for place in range(bar):
        count += place_count[place]
        total += place_sum[place]
    spread = squares - total * total / count
    if spread <= 1e-9:
        return
    for phase in range(len(result)):
        for level in range(_LEVELS):
            sums[level] = counts[level] = 0.0
        for place in range(bar):
            after = (place - phase) % bar
            if after == 0:
                level = 4
            elif beats == 4 and after == 2 * beat_rows:
                level = 3
            elif after % beat_rows == 0:
                level = 2
            elif beat_rows % parts == 0 and after % (beat_rows // parts) == 0:
                level = 1
            else:
                level = 0
            sums[level] += place_sum[place]
            counts[level] += place_count[place]
        # Means that rise with the level: neighbours that do not are pooled.
        pools = 0
        for level in range(_LEVELS):
            if counts[level] == 0.0:
                continue
            sums[pools], counts[pools] = sums[level], counts[level]
            pools += 1
            while pools > 1 and sums[pools - 1] * counts[pools - 2] < (
                sums[pools - 2] * counts[pools - 1]
            ):
                sums[pools - 2] += sums[pools - 1]
                counts[pools - 2] += counts[pools - 1]
                pools -= 1
        left = squares
        for pool in range(pools):
            left -= sums[pool] * sums[pool] / counts[pool]
        result[phase] = -0.5 * log(max(left / spread, 1e-3))
