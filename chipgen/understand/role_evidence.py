"""Measures evidence for the role of each stream: register, texture, loudness, repetition."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from chipgen.music.played_notes import PlayedNote
from chipgen.understand.melody_bass_search import CHORD_SPREAD_S
from chipgen.understand.streams import Stream

_FIGURE_LAGS: Final = (2, 3, 4, 6, 8, 12, 16)  # notes after which a figure repeats
_FAST_S: Final = 0.19  # between onsets: eighths at 160 beats a minute
_TREMOLO_S: Final = 0.2
_SAME_RHYTHM: Final = 0.12  # of the time between onsets


@dataclass(frozen=True, slots=True)
class Evidence:
    """Measurements of one stream.

    Attributes
    ----------
    mean_pitch
        MIDI note number.
    top_share, low_share
        Share of its onsets at which nothing sounds above it, or below it, 0–1.
    presence
        Share of the piece in which it sounds, 0–1.
    loudness
        How much louder than the mean of all streams' notes it is, as a share of that mean.
    figure
        Share of notes that repeat a short figure in even, fast time, as broken chords do, 0–1.
    tremolo
        Share of notes that strike the same pitch again in quick succession, 0–1.
    steps
        Share of its intervals that are a third or less and not a repetition, 0–1.
    held_s
        Median length of its notes.
    """

    mean_pitch: float
    top_share: float
    low_share: float
    presence: float
    loudness: float
    figure: float
    tremolo: float
    steps: float
    held_s: float


def measure_streams(streams: Sequence[Stream]) -> list[Evidence]:
    """Measure each stream among the others."""
    every = sorted((note for stream in streams for note in stream.notes), key=lambda n: n.start_s)
    if not every:
        return []
    length_s = max(note.end_s for note in every) - every[0].start_s or 1.0
    level = sum(note.level for note in every) / len(every) or 1.0
    tops, lows = _outermost(streams, every)
    found = []
    for place, stream in enumerate(streams):
        notes = stream.notes
        line = _upper_line(notes)
        figure, tremolo, steps = _motion(line)
        own = sum(note.level for note in notes) / len(notes)
        found.append(
            Evidence(
                mean_pitch=sum(note.pitch for note in notes) / len(notes),
                top_share=tops[place],
                low_share=lows[place],
                presence=min(1.0, _sounding_s(notes) / length_s),
                loudness=own / level - 1.0,
                figure=figure,
                tremolo=tremolo,
                steps=steps,
                held_s=float(np.median([note.end_s - note.start_s for note in notes])),
            )
        )
    return found


def _outermost(
    streams: Sequence[Stream], every: Sequence[PlayedNote]
) -> tuple[list[float], list[float]]:
    """Return for each stream how often it is the highest and the lowest of what sounds."""
    belongs = {id(note): place for place, stream in enumerate(streams) for note in stream.notes}
    highest, lowest = [0] * len(streams), [0] * len(streams)
    onsets = [0] * len(streams)
    sounding: list[PlayedNote] = []
    at = 0
    while at < len(every):
        now_s = every[at].start_s
        until = at
        while until < len(every) and every[until].start_s - now_s <= CHORD_SPREAD_S:
            until += 1
        fresh = every[at:until]
        sounding = [n for n in sounding if n.end_s > now_s + 2 * CHORD_SPREAD_S] + list(fresh)
        high, low = max(n.pitch for n in sounding), min(n.pitch for n in sounding)
        for place in {belongs[id(note)] for note in fresh}:
            own = [note.pitch for note in fresh if belongs[id(note)] == place]
            onsets[place] += 1
            highest[place] += max(own) >= high
            lowest[place] += min(own) <= low
        at = until
    counts = [max(1, count) for count in onsets]
    return (
        [a / b for a, b in zip(highest, counts, strict=True)],
        [a / b for a, b in zip(lowest, counts, strict=True)],
    )


def _upper_line(notes: Sequence[PlayedNote]) -> list[PlayedNote]:
    """Return the highest note of each chord."""
    line: list[PlayedNote] = []
    for note in notes:
        if not line or note.start_s - line[-1].start_s > CHORD_SPREAD_S:
            line.append(note)
    return line


def _motion(line: Sequence[PlayedNote]) -> tuple[float, float, float]:
    """Return the shares of notes in figures and in tremolos, and of melodic steps."""
    if len(line) < 3:
        return 0.0, 0.0, 0.0
    pitch = np.array([note.pitch for note in line])
    gap_s = np.diff([note.start_s for note in line])
    step = np.diff(pitch)
    tremolo = float(np.mean((step == 0) & (gap_s < _TREMOLO_S)))
    steps = float(np.mean((np.abs(step) <= 4) & (step != 0)))
    even = np.abs(np.diff(gap_s)) <= _SAME_RHYTHM * gap_s[1:]
    fast = gap_s[1:] < _FAST_S * 2.0
    figure = 0.0
    for lag in _FIGURE_LAGS:
        if len(pitch) < 2 * lag + 2:
            break
        rising = step[lag:] == step[:-lag]
        moving = step[lag:] != 0
        same = rising & moving & (even & fast)[lag - 1 :]
        figure = max(figure, float(np.mean(same)))
    return figure, tremolo, steps


def _sounding_s(notes: Sequence[PlayedNote]) -> float:
    total_s, until_s = 0.0, float("-inf")
    for note in notes:
        total_s += max(0.0, note.end_s - max(note.start_s, until_s))
        until_s = max(until_s, note.end_s)
    return total_s


def find_doubles(streams: Sequence[Stream], order: Sequence[int]) -> dict[int, int]:
    """Find streams that play another's notes, in unison or octaves.

    Parameters
    ----------
    streams
        All of them.
    order
        Their positions, those first that are kept where two are alike.

    Returns
    -------
    dict
        Position of a double to the position of the stream that it doubles.
    """
    doubles: dict[int, int] = {}
    leaders: list[int] = []
    for place in order:
        for leader in leaders:
            notes, others = streams[place].notes, streams[leader].notes
            if _alike(notes, others) >= _DOUBLING and _as_busy(notes, others):
                doubles[place] = leader
                break
        else:
            leaders.append(place)
    return doubles


_BUSIER: Final = 1.7
_DOUBLING: Final = 0.85  # of a stream's notes have a fellow in the other


def _alike(notes: Sequence[PlayedNote], others: Sequence[PlayedNote]) -> float:
    """Return the share of notes that begin with a note of the same pitch class of `others`."""
    if notes[0].start_s > others[-1].start_s or notes[-1].start_s < others[0].start_s:
        return 0.0
    starts_s = [note.start_s for note in others]
    found, misses = 0, 0
    allowed = (1.0 - _DOUBLING) * len(notes) + 1
    for note in notes:
        at = bisect_right(starts_s, note.start_s + CHORD_SPREAD_S) - 1
        hit = False
        while at >= 0 and starts_s[at] >= note.start_s - CHORD_SPREAD_S:
            if (others[at].pitch - note.pitch) % 12 == 0:
                hit = True
                break
            at -= 1
        found += hit
        misses += not hit
        if misses > allowed:
            return 0.0
    return found / len(notes)


def _as_busy(notes: Sequence[PlayedNote], others: Sequence[PlayedNote]) -> bool:
    """Return whether `others` strike about as often as `notes` do, while these play."""
    begin_s, end_s = notes[0].start_s - CHORD_SPREAD_S, notes[-1].start_s + CHORD_SPREAD_S
    struck = _upper_line(notes)
    beside = _upper_line([note for note in others if begin_s <= note.start_s <= end_s])
    return len(beside) <= _BUSIER * len(struck)
