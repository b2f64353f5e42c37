"""Plays composed voices on the tracks of ordinary MIDI, with their levels, lengths and drums."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from chipgen.composing.articulation import Articulation
from chipgen.composing.drum_patterns import NOISE_PERIODS
from chipgen.music.score import Control, Note, Score, Track
from chipgen.rows.drum_reduction import noise_period
from chipgen.rows.prompt import Prompt
from chipgen.understand.ending import Ending
from synth.chip.voices import VOICE_BY_ROLE

_TOGETHER_BEATS: Final = 1 / 16  # drums struck so close together are one stroke
_USUAL_BASS_VELOCITY: Final = 96


class Instrumentation:
    """How the seed's tracks play what was composed for the chip's voices.

    Parameters
    ----------
    prompt
        The seed. Where its tracks are the chip's own voices, notes come back as they are: a voice
        that it has is played by `chipgen.performer`, one that it lacks plainly.
    """

    def __init__(self, prompt: Prompt) -> None:
        seed = prompt.seed
        self._is_voiced = prompt.is_voiced
        self._strokes = {} if prompt.is_voiced else _strokes(seed, prompt.ending)
        self._articulations = (
            {}
            if prompt.is_voiced
            else {track.role: Articulation(track, prompt.timing) for track in prompt.voiced.tracks}
        )
        bass = [note.velocity for note in prompt.lines["bass"].notes]
        self._bass_velocity = int(np.median(bass)) if bass else _USUAL_BASS_VELOCITY

    def play(
        self, tracks: tuple[Track, ...], start_beats: float, end_beats: float
    ) -> tuple[dict[str, tuple[Note, ...]], dict[str, tuple[Control, ...]]]:
        """Return role to notes, and role to controls, of what begins in a stretch."""
        lines: dict[str, tuple[Note, ...]] = {}
        controls: dict[str, tuple[Control, ...]] = {}
        for track in tracks:
            role = VOICE_BY_ROLE[track.role].part
            notes = tuple(
                self._articulated(track.role, note)
                for note in track.notes
                if start_beats <= note.onset_beats < end_beats
            )
            if self._is_voiced:
                inside = (c for c in track.controls if start_beats <= c.beat < end_beats)
                controls[role] = tuple(inside)
            elif role == "bass":
                notes = tuple(replace(note, velocity=self._bass_velocity) for note in notes)
            elif role == "drums":
                notes = tuple(sorted(hit for note in notes for hit in self._struck(note)))
            lines[role] = notes
        return lines, controls

    def _articulated(self, voice: str, note: Note) -> Note:
        articulation = self._articulations.get(voice)
        if articulation is None:
            return note
        return replace(note, duration_beats=articulation.duration_beats(note.duration_beats))

    def _struck(self, note: Note) -> list[Note]:
        """Return the drums that a noise note stands for."""
        drums = self._strokes.get(_nearest(note.pitch, self._strokes), ())
        return [replace(note, pitch=drum) for drum in drums]


def _strokes(seed: Score, ending: Ending) -> dict[int, tuple[int, ...]]:
    """Return each noise period that the seed's drums are heard as, and what is struck then.

    The bars that are carried on tell it; periods they do not use are the plain kit's.
    """
    hits = sorted(
        (note.onset_beats, note.pitch)
        for track in seed.tracks
        if track.plays_drums
        for note in track.notes
        if ending.pattern_start(0) - 1e-6 <= note.onset_beats < ending.pattern_end
    )
    groups: list[tuple[float, set[int]]] = []
    for onset, drum in hits:
        if groups and onset - groups[-1][0] < _TOGETHER_BEATS:
            groups[-1][1].add(drum)
        else:
            groups.append((onset, {drum}))
    counts: dict[int, Counter[tuple[int, ...]]] = {}
    for _, drums in groups:
        loudest = min(noise_period(drum) for drum in drums)
        counts.setdefault(loudest, Counter())[tuple(sorted(drums))] += 1
    strokes = {period: (drum,) for drum, period in NOISE_PERIODS.items()}
    return strokes | {period: count.most_common(1)[0][0] for period, count in counts.items()}


def _nearest(period: int, strokes: Mapping[int, tuple[int, ...]]) -> int:
    return min(strokes, key=lambda have: (abs(have - period), have), default=0)
