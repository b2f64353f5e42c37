"""A seed's melody, harmony and bass, judged by its last bars that have notes."""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Final

import numpy as np

from chipgen.music.note_grid import pitched_tracks
from chipgen.music.score import Note, Score
from chipgen.understand.ending import Ending
from chipgen.understand.phrases import PATTERN_BARS
from synth.chip.voices import PITCHED_ROLES, VOICE_BY_PART

ROLES: Final = ("melody", "harmony", "bass")
_AFTERBEAT: Final = 12  # semitones above the bass that make a left hand's note a chord's
_BASS_BELOW: Final = 50  # a lone voice with its median under D3 is a bass
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


def find_lines(seed: Score, ending: Ending) -> dict[str, Part]:
    """Find the seed's melody, harmony and bass, judged by its last bars that have notes.

    A track that plays mostly one role owns it. What nobody owns is gathered from all tracks: the
    highest sounding note is melody, the lowest is bass, what lies between is harmony.
    """
    window = _last_notes(seed, ending)
    labels = _label(window)
    owners = _owners(seed, window, labels)
    afterbeats = _afterbeats(window, labels, owners, ending.bar_beats)
    shared = set(owners.values())
    lines = {}
    for role in ROLES:
        track = owners.get(role)
        notes = [
            note
            for position, ((index, note), label) in enumerate(zip(window, labels, strict=True))
            if (position in afterbeats and role == "harmony")
            or (
                position not in afterbeats
                and (index == track if track is not None else label == role and index not in shared)
            )
        ]
        line = _one_at_a_time(notes, low=role == "bass")
        low, high = _range(role, [note.pitch for note in line])
        lines[role] = Part(role, tuple(line), track, low, high)
    return lines


def _last_notes(seed: Score, ending: Ending) -> list[tuple[int, Note]]:
    """Return (track, note) of the pitched notes in the last bars, by onset."""
    tracks = pitched_tracks(seed)
    notes = sorted(
        (note.onset_beats, note.pitch, index, note)
        for index, track in enumerate(seed.tracks)
        if track in tracks
        for note in track.notes
    )
    begin = ending.start_beats - 2 * PATTERN_BARS * ending.bar_beats
    inside = [(index, note) for onset, _, index, note in notes if onset >= begin - 1e-6]
    return inside or [(index, note) for _, _, index, note in notes[-64:]]


def _label(window: list[tuple[int, Note]]) -> list[str]:
    """Call each note melody, harmony or bass by its place among those sounding with it."""
    overlaps = sum(b.onset_beats < a.end_beats - 0.01 for (_, a), (_, b) in pairwise(window))
    if len({index for index, _ in window}) == 1 and overlaps <= len(window) / 20:
        low = float(np.median([note.pitch for _, note in window])) < _BASS_BELOW
        return ["bass" if low else "melody"] * len(window)
    middle = float(np.mean([note.pitch for _, note in window]))
    wide = np.ptp([note.pitch for _, note in window]) > 19  # over an octave and a fifth
    labels = []
    for position, (_, note) in enumerate(window):
        near = window[max(0, position - 48) : position + 16]
        others = [
            other.pitch
            for _, other in near
            if other is not note
            and other.onset_beats <= note.onset_beats + _TOGETHER_BEATS
            and other.end_beats > note.onset_beats + _TOGETHER_BEATS
        ]
        highest = all(pitch <= note.pitch for pitch in others)
        lowest = all(pitch >= note.pitch for pitch in others)
        if highest and (not wide or note.pitch >= middle or not lowest):
            labels.append("melody")
        elif lowest and (others or note.pitch < middle):
            labels.append("bass")
        else:
            labels.append("harmony")
    return labels


def _afterbeats(
    window: list[tuple[int, Note]], labels: list[str], owners: dict[str, int], bar_beats: float
) -> set[int]:
    """Return which notes are the chords of a left hand that plays its bass too, far below them.

    Nothing where a track of its own plays harmony, or where the hand plays no chords.
    """
    owner = owners.get("bass")
    if "harmony" in owners:
        return set()
    hand = [
        (position, note)
        for position, (index, note) in enumerate(window)
        if (labels[position] != "melody" if owner is None else index == owner)
    ]
    together = Counter(round(note.onset_beats / _TOGETHER_BEATS) for _, note in hand)
    if sum(count > 1 for count in together.values()) < len(together) / 5:
        return set()
    return {
        position
        for position, note in hand
        if note.pitch - _AFTERBEAT
        > min(n.pitch for _, n in hand if abs(n.onset_beats - note.onset_beats) <= bar_beats)
    }


def _owners(seed: Score, window: list[tuple[int, Note]], labels: list[str]) -> dict[str, int]:
    """Return which track owns which role, where that is clear."""
    by_role = {
        index: "bass" if track.role == VOICE_BY_PART["bass"].role else ""
        for index, track in enumerate(seed.tracks)
        if track.role in PITCHED_ROLES
    }
    if by_role:
        return _chip_owners(seed, window, by_role)
    counts: dict[int, Counter[str]] = {}
    for (index, _), label in zip(window, labels, strict=True):
        counts.setdefault(index, Counter())[label] += 1
    owners: dict[str, int] = {}
    for role in ("melody", "bass", "harmony"):
        claims = [
            (count[role] / count.total(), count[role], -index)
            for index, count in counts.items()
            if index not in owners.values()
        ]
        share, number, index = max(claims, default=(0.0, 0, 0))
        if share > 0.6 or (len(counts) > 1 and share > 0.4 and number > 4):
            owners[role] = -index
    return owners


def _chip_owners(
    seed: Score, window: list[tuple[int, Note]], by_role: dict[int, str]
) -> dict[str, int]:
    """Return the roles of the chip's own voices: the triangle is bass, the higher pulse melody."""
    owners = {role: index for index, role in by_role.items() if role}
    pulses = [index for index, role in by_role.items() if not role]

    def height(index: int) -> tuple[float, int]:
        pitches = [note.pitch for track, note in window if track == index]
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
