"""A seed's melody, harmony and bass, in its last bars that have notes."""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

import numpy as np

from chipgen.music.note_grid import pitched_tracks
from chipgen.music.score import Note, Score
from chipgen.understand.ending import Ending
from chipgen.understand.phrases import PATTERN_BARS
from chipgen.understand.roles import Roles
from synth.chip.voices import PITCHED_ROLES, VOICE_BY_PART

ROLES: Final = ("melody", "harmony", "bass")
_LINES: Final = {
    "tune": "melody",
    "bass": "bass",
    "counter": "harmony",
    "harmony": "harmony",
    "drone": "harmony",
}
_TOGETHER_BEATS: Final = 1 / 16  # onsets this close make a chord


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


def find_lines(seed: Score, ending: Ending, roles: Roles) -> dict[str, Part]:
    """Find the seed's melody, harmony and bass, in its last bars that have notes.

    Of the chip's own voices the triangle is the bass and the higher pulse the melody. In other
    music the tune is the melody, and a counter-melody or the upper notes of chords the harmony.

    Parameters
    ----------
    seed
        The piece.
    ending
        Where it ends.
    roles
        Who plays what in it.
    """
    window = _last_notes(seed, ending)
    owners = _chip_owners(seed, window)
    if owners:
        labels = {index: line for line, index in owners.items()}
        label_of = [labels.get(index, "") for index, _, _ in window]
    else:
        told = roles.role_of()
        label_of = [
            _LINES.get(told[index, place].role, "") if (index, place) in told else ""
            for index, place, _ in window
        ]
        if "melody" not in label_of:  # accompaniment alone
            label_of = ["melody" if label == "harmony" else label for label in label_of]
    lines = {}
    for line in ROLES:
        found = [
            (index, note)
            for (index, _, note), label in zip(window, label_of, strict=True)
            if label == line
        ]
        track = Counter(index for index, _ in found).most_common(1)[0][0] if found else None
        if owners:
            track = owners.get(line)
        notes = _one_at_a_time([note for _, note in found], low=line == "bass")
        low, high = _range(line, [note.pitch for note in notes])
        lines[line] = Part(line, tuple(notes), track, low, high)
    return lines


def _last_notes(seed: Score, ending: Ending) -> list[tuple[int, int, Note]]:
    """Return (track, index, note) of the pitched notes in the last bars, by onset."""
    tracks = pitched_tracks(seed)
    notes = sorted(
        (note.onset_beats, note.pitch, index, place, note)
        for index, track in enumerate(seed.tracks)
        if track in tracks
        for place, note in enumerate(track.notes)
    )
    begin = ending.start_beats - 2 * PATTERN_BARS * ending.bar_beats
    inside = [(i, place, note) for onset, _, i, place, note in notes if onset >= begin - 1e-6]
    return inside or [(i, place, note) for _, _, i, place, note in notes[-64:]]


def _chip_owners(seed: Score, window: list[tuple[int, int, Note]]) -> dict[str, int]:
    """Return the roles of the chip's own voices: the triangle is bass, the higher pulse melody."""
    by_role = {
        index: "bass" if track.role == VOICE_BY_PART["bass"].role else ""
        for index, track in enumerate(seed.tracks)
        if track.role in PITCHED_ROLES
    }
    owners = {role: index for index, role in by_role.items() if role}
    pulses = [index for index, role in by_role.items() if not role]

    def height(index: int) -> tuple[float, int]:
        pitches = [note.pitch for track, _, note in window if track == index]
        name = seed.tracks[index].role
        return (float(np.median(pitches)) if pitches else 0.0, name == VOICE_BY_PART["melody"].role)

    pulses.sort(key=height, reverse=True)
    owners.update(zip(("melody", "harmony"), pulses, strict=False))
    return owners


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
    usual = {"melody": (64, 86), "harmony": (55, 74), "bass": (33, 52)}[role]
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
