"""Continues the seed's drum pattern, or plays a plain kit."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from chipgen.music.score import Control, Note, Track
from chipgen.rows.drum_reduction import noise_period
from chipgen.understand.ending import Ending

KICK, SNARE, HAT = 36, 38, 42  # General MIDI 1, percussion key map
NOISE_PERIODS: Final = {key: noise_period(key) for key in (KICK, SNARE, HAT)}
_HIT_BEATS: Final = {KICK: 0.2, SNARE: 0.25, HAT: 0.1}
_HIT_VELOCITY: Final = {KICK: 110, SNARE: 100, HAT: 64}


def carry_drums_on(
    track: Track, ending: Ending, start_beats: float, end_beats: float
) -> tuple[list[Note], list[Control]]:
    """Return a drum track's last bars, played again and again, and its levels with it.

    Parameters
    ----------
    track
        The seed's.
    start_beats, end_beats
        The stretch of the continuation to be played.
    """
    notes: list[Note] = []
    controls: list[Control] = []
    for bar, target in _bars(ending, start_beats, end_beats):
        source = ending.pattern_start(bar)
        until = source + ending.bar_beats
        notes += [
            replace(
                note,
                onset_beats=note.onset_beats - source + target,
                duration_beats=min(note.duration_beats, until - note.onset_beats),
            )
            for note in track.notes
            if source - 1e-6 <= note.onset_beats < until - 1e-6
        ]
        controls += [
            replace(control, beat=control.beat - source + target)
            for control in track.controls
            if source <= control.beat < until
        ]
    inside = [n for n in notes if start_beats - 1e-6 <= n.onset_beats < end_beats - 1e-6]
    return sorted(inside), [c for c in controls if start_beats - 1e-6 <= c.beat < end_beats - 1e-6]


def plain_kit(ending: Ending, start_beats: float, end_beats: float) -> list[Note]:
    """Return a plain beat: kick on the bar's first beat and middle, snare between, eighths on top.

    In bars of two or four beats the snare falls on every second beat, in others on all but the
    first.
    """
    beats = ending.bar_beats
    even = beats % 2 == 0
    hits: list[Note] = []
    for _, start in _bars(ending, start_beats, end_beats):
        for half in range(int(beats * 2 + 1e-6)):
            at = start + half / 2
            beat, off = divmod(half, 2)
            struck = [HAT]
            if not off:
                struck.append(SNARE if (beat % 2 if even else beat) else KICK)
            hits += [Note(at, _HIT_BEATS[key], key, _HIT_VELOCITY[key]) for key in struck]
    return sorted(h for h in hits if start_beats - 1e-6 <= h.onset_beats < end_beats - 1e-6)


def kit_on_noise(hits: list[Note]) -> list[Note]:
    """Play a plain kit on the noise channel, which is one voice: other drums replace the hat."""
    loud = {hit.onset_beats for hit in hits if hit.pitch != HAT}
    return [
        replace(hit, pitch=NOISE_PERIODS[hit.pitch])
        for hit in hits
        if hit.pitch != HAT or hit.onset_beats not in loud
    ]


def _bars(ending: Ending, start_beats: float, end_beats: float) -> Iterator[tuple[int, float]]:
    """Yield (index, beat) of the continuation's bars that reach into a stretch."""
    first = int(np.floor((start_beats - ending.start_beats) / ending.bar_beats + 1e-6))
    last = int(np.ceil((end_beats - ending.start_beats) / ending.bar_beats - 1e-6))
    for bar in range(max(0, first), last):
        yield bar, ending.start_beats + bar * ending.bar_beats
