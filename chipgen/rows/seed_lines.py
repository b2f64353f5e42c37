"""Finds a seed's melody, harmony and bass in its last bars."""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final, TypeAlias

import numpy as np

from chipgen.arranging.arrangement import Arrangement
from chipgen.music.score import Note, Score
from chipgen.understand.ending import Ending
from chipgen.understand.phrases import PATTERN_BARS
from synth.chip.voices import PITCHED_ROLES, VOICE_BY_PART

_OWNER_BARS: Final = 4  # at a seed's end; who plays a line there goes on with it
ROLES: Final = ("melody", "harmony", "bass")
_VOICES: Final = tuple(VOICE_BY_PART[line] for line in ROLES)
MELODY_RANGE: Final = (64, 86)  # of one that is not there
_LAST_NOTES: Final = 64  # from which lines are found where the last bars are empty
_TOGETHER_BEATS: Final = 1 / 16  # onsets this close make a chord
_Voice: TypeAlias = list[tuple[int, Note]]  # track and note


@dataclass(frozen=True, slots=True)
class Part:
    """One voice of the seed.

    Attributes
    ----------
    role
        One of `ROLES`.
    notes
        Its notes, one at a time, sorted by onset; none if the seed has no such voice.
    track
        Index of the track that plays it, or None.
    low, high
        Its range, MIDI pitches.
    """

    role: str
    notes: tuple[Note, ...]
    track: int | None
    low: int
    high: int

    def between(self, start_beats: float, end_beats: float) -> list[Note]:
        """Return the notes that begin in [start, end)."""
        onsets = [note.onset_beats for note in self.notes]
        first = bisect_right(onsets, start_beats - 1e-6)
        last = bisect_right(onsets, end_beats - 1e-6)
        return list(self.notes[first:last])


def find_lines(seed: Score, ending: Ending, arrangement: Arrangement | None) -> dict[str, Part]:
    """Read the seed's melody, harmony and bass off its voices, in its last bars that have notes.

    Of the chip's own voices the triangle is the bass and the higher pulse the melody. In other
    music they are what pulse 1, pulse 2 and the triangle play in the arrangement.

    Parameters
    ----------
    seed
        The piece.
    ending
        Where it ends.
    arrangement
        What the chip's voices play of it; None for a piece whose tracks are the chip's voices.
    """
    if arrangement is None:
        voices = {
            track.role: [(index, note) for note in track.notes]
            for index, track in enumerate(seed.tracks)
            if track.role in PITCHED_ROLES
        }
    else:
        voices = {voice.role: _played(seed, arrangement, voice.name) for voice in _VOICES}
    begin = ending.start_beats - 2 * PATTERN_BARS * ending.bar_beats - 1e-6
    onsets = sorted(note.onset_beats for notes in voices.values() for _, note in notes)
    if onsets and onsets[-1] < begin:
        begin = onsets[-_LAST_NOTES:][0]
    last = {
        role: [pair for pair in notes if pair[1].onset_beats >= begin]
        for role, notes in voices.items()
    }
    melody, harmony, bass = (last.get(voice.role, []) for voice in _VOICES)
    swapped = _height(harmony) > _height(melody) if arrangement is None else not melody
    if swapped:
        melody, harmony = harmony, melody
    found = zip(ROLES, (melody, harmony, bass), strict=True)
    late = ending.start_beats - _OWNER_BARS * ending.bar_beats - 1e-6
    return {line: _part(line, notes, late) for line, notes in found}


def _height(voice: _Voice) -> float:
    return float(np.median([note.pitch for _, note in voice])) if voice else 0.0


def _part(line: str, notes: _Voice, late: float) -> Part:
    """Return a line; its track is the one that plays most of it from a late beat on, if any do."""
    last = [track for track, note in notes if note.onset_beats >= late]
    owners = Counter(last or [track for track, _ in notes])
    owner = owners.most_common(1)[0][0] if owners else None
    own = _one_at_a_time([note for _, note in notes], low=line == "bass")
    return Part(line, tuple(own), owner, *_range(line, [note.pitch for note in own]))


def _played(seed: Score, arrangement: Arrangement, voice: str) -> _Voice:
    """Return (track, note) of the source notes that a voice plays, one for each chip note.

    Of the triangle's those are left out that fill its rests and are no bass.
    """
    chip_notes = arrangement.chip_score.voice(voice)
    starts_s = [note.start_s for note in chip_notes]
    played: dict[int, tuple[int, Note]] = {}
    for placement in arrangement.placements:
        if placement.voice != voice or placement.status not in ("kept", "arpeggiated"):
            continue
        if voice == "triangle" and placement.role not in ("bass", ""):
            continue
        at = bisect_right(starts_s, placement.start_s + 1e-9) - 1
        pitch = placement.pitch + placement.folded_semitones
        if at >= 0 and chip_notes[at].pitch == pitch:  # an arpeggio's other notes are its chord
            note = seed.tracks[placement.track].notes[placement.index]
            played.setdefault(at, (placement.track, replace(note, pitch=pitch)))
    return [played[at] for at in sorted(played)]


def _one_at_a_time(notes: list[Note], *, low: bool) -> list[Note]:
    """Keep the highest (or lowest) note of each chord, and end each note where the next begins."""
    line: list[Note] = []
    for note in sorted(notes):
        if line and note.onset_beats - line[-1].onset_beats < _TOGETHER_BEATS:
            better = note.pitch < line[-1].pitch if low else note.pitch > line[-1].pitch
            if better:
                line[-1] = Note(
                    line[-1].onset_beats, note.duration_beats, note.pitch, note.velocity
                )
            continue
        line.append(note)
    cut = []
    for note, following in zip_longest(line, line[1:]):
        room = following.onset_beats - note.onset_beats if following else note.duration_beats
        cut.append(
            Note(note.onset_beats, min(note.duration_beats, room), note.pitch, note.velocity)
        )
    return cut


def _range(role: str, pitches: list[int]) -> tuple[int, int]:
    """Return a part's range with room around it; a usual one where it has no notes."""
    usual = {"melody": MELODY_RANGE, "harmony": (55, 74), "bass": (33, 52)}[role]
    if not pitches:
        return usual
    low, high = int(np.percentile(pitches, 5)) - 3, int(np.percentile(pitches, 95)) + 3
    spare = max(0, 12 - (high - low))  # every pitch class has to have its place
    low, high = low - spare // 2, high + (spare + 1) // 2
    floor = 21 if role == "bass" else 33  # the lowest notes of NES-MDB's triangle and pulses
    if low < floor:
        low, high = floor, max(high, floor + 12)
    if high > 108:
        low, high = min(low, 96), 108
    return low, high
