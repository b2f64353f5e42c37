"""Finds how many of a seed's last bars make a phrase."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from chipgen.music.note_grid import pitched_tracks
from chipgen.music.score import Meter, Score

PATTERN_BARS: Final = 8  # the longest stretch of the seed that is carried on in rhythm
_PHRASE_BARS: Final = 4
_ALIKE: Final = 0.8  # of the bars have the rhythm of the bar a period before, or it is no period
_AT_REST: Final = 0.7  # of the onsets in the last two bars of other phrases
_THIN: Final = 0.75  # of the usual number of onsets in these bars; an ending has fewer


def carried_bars(seed: Score, meter: Meter, bars: int) -> tuple[int, int]:
    """Return how many bars are continued, and how many after them are the closing.

    Phrases are of four bars unless the rhythm repeats after three, five, six or seven. Phrases
    in which the music thins out, a last bar outside the phrases, or a phrase that comes to rest
    sooner than those before close the piece: carried on they would stop the music again and again.

    Parameters
    ----------
    seed
        Has pitched notes.
    meter
        In force at its end.
    bars
        Bars from the meter's beginning to the seed's end, at least 1.

    Returns
    -------
    pattern : int
        1 to `PATTERN_BARS`.
    closing : int
        At most half of the bars.
    """
    played = _onsets_by_bar(seed, meter, bars)
    thinning = _thinning_bars([sum(map(len, bar)) for bar in played])
    pattern, closing = _carried(played[: bars - thinning])
    return pattern, closing + thinning


def _onsets_by_bar(seed: Score, meter: Meter, bars: int) -> list[list[set[int]]]:
    """Return the onsets in each bar of each pitched track, in sixteenths of a beat."""
    tracks = pitched_tracks(seed)
    played: list[list[set[int]]] = [[set() for _ in tracks] for _ in range(bars)]
    for part, track in enumerate(tracks):
        for note in track.notes:
            near = int((note.onset_beats - meter.beat) // meter.bar_beats)
            for bar in range(max(0, near - 1), min(bars, near + 2)):
                after = note.onset_beats - (meter.beat + bar * meter.bar_beats)
                if -1e-6 <= after < meter.bar_beats - 1e-6:
                    played[bar][part].add(round(after * 16))
    return played


def _thinning_bars(onsets: Sequence[int]) -> int:
    """Return in how many bars at its end, whole phrases, a piece thins out."""
    starts = range(0, len(onsets) - PATTERN_BARS + 1, _PHRASE_BARS)
    usual = float(np.median([sum(onsets[at : at + PATTERN_BARS]) for at in starts] or [0]))
    for thinning in range(0, len(onsets) // 2 + 1, _PHRASE_BARS):
        end = len(onsets) - thinning
        if end >= PATTERN_BARS and sum(onsets[end - PATTERN_BARS : end]) >= _THIN * usual:
            return thinning
    return 0


def _carried(played: Sequence[Sequence[set[int]]]) -> tuple[int, int]:
    """Return pattern and closing of bars that do not thin out: onsets by bar and track."""
    bars = len(played)
    rhythms = [set[int]().union(*bar) for bar in played]
    alike = {
        period: float(np.mean([a == b for a, b in zip(rhythms, rhythms[period:], strict=False)]))
        for period in (3, 4, 5, 6, 7)
        if bars >= 2 * period
    }
    period = max(alike, key=lambda n: alike[n], default=_PHRASE_BARS)
    if period != _PHRASE_BARS and alike[period] > _ALIKE and alike[period] > alike.get(4, 0) + 0.2:
        return period * (PATTERN_BARS // period), 0
    # A drum roll under the last chord is not to hide it: the track in the middle counts.
    counts = [float(np.median([len(r) for r in bar if r] or [0])) for bar in played]
    usual = float(np.median(counts))
    closing = 0
    if bars > PATTERN_BARS and bars % _PHRASE_BARS == 1 and counts[-1] < usual:
        closing = 1
    elif bars >= PATTERN_BARS + _PHRASE_BARS and bars % _PHRASE_BARS == 0:
        ends = [sum(counts[at - 2 : at]) for at in range(bars, PATTERN_BARS - 1, -_PHRASE_BARS)]
        closing = _PHRASE_BARS if ends[0] < _AT_REST * min(ends[1:]) else 0
    return whole_pattern(bars - closing), closing


def whole_pattern(bars: int) -> int:
    """Return the longest pattern of 8, 4, 2 or 1 bars that fits a number of bars."""
    return next(n for n in (PATTERN_BARS, 4, 2, 1) if n <= bars)
