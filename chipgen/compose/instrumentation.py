"""Plays composed voices on the seed's own tracks, with their levels, timbres and drums."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from chipgen.compose.articulation import Articulation
from chipgen.compose.drum_patterns import NOISE_PERIODS
from chipgen.compose.envelope_transfer import EnvelopeTransfer
from chipgen.music.score import Control, Note, Score, Track
from chipgen.rows.drum_reduction import noise_period
from chipgen.rows.prompt import Prompt
from chipgen.understand.ending import Ending
from synth.chip.voices import TIMBRE, VOICE_BY_ROLE

_TOGETHER_BEATS: Final = 1 / 16  # drums struck so close together are one stroke
_USUAL_BASS_VELOCITY: Final = 96


class Instrumentation:
    """How the seed's tracks play what was composed for the chip's voices.

    Parameters
    ----------
    prompt
        The seed. Where its tracks are the chip's own voices, composed notes move in volume and
        timbre as its own do.
    """

    def __init__(self, prompt: Prompt) -> None:
        seed = prompt.seed
        self._is_voiced = prompt.is_voiced
        self._strokes = {} if prompt.is_voiced else _strokes(seed, prompt.ending)
        self._articulations = {
            track.role: Articulation(track, prompt.timing) for track in prompt.voiced.tracks
        }
        self._envelopes = (
            {
                voice.role: EnvelopeTransfer(track)
                for track in seed.tracks
                if (voice := VOICE_BY_ROLE.get(track.role)) is not None and voice.controls
            }
            if prompt.is_voiced
            else {}
        )
        self._timbres: dict[str, int] = {}  # in force at the end of what was played
        self._colours: dict[str, int] = {}  # that the last note began with
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
                inside = [c for c in track.controls if start_beats <= c.beat < end_beats]
                controls[role] = self._with_envelopes(track.role, notes, inside)
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

    def _with_envelopes(
        self, voice: str, notes: tuple[Note, ...], timbres: list[Control]
    ) -> tuple[Control, ...]:
        """Return a voice's timbres, and what the seed's envelopes add to its notes.

        A note keeps its own timbre, even if the note before it ended in another.
        """
        envelopes = self._envelopes.get(voice)
        if envelopes is None:
            return tuple(timbres)
        given = {control.beat: control.value for control in timbres}
        now, colour = self._timbres.get(voice, 0), self._colours.get(voice, 0)
        controls: list[Control] = []
        for note in notes:
            colour = given.get(note.onset_beats, colour)
            if colour != now or note.onset_beats in given:
                controls.append(Control(note.onset_beats, TIMBRE, colour))
            lent = envelopes.changes(note, colour)
            controls += lent
            now = next((c.value for c in reversed(lent) if c.number == TIMBRE), colour)
        self._timbres[voice], self._colours[voice] = now, colour
        return tuple(controls)

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
