"""A seed to what a continuation of slices needs: where it goes on, and who plays how.

A model of slices says which pitches sound in each beat, not in which rhythm or voice. Both are
taken from the seed: its melody, harmony and bass are found, and their last bars are the patterns
that the generated pitches are played in.
"""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Final

import numpy as np

from chipgen.errors import ChipgenError
from chipgen.music.dialect import has_nominal_beats
from chipgen.music.grid import pitched_tracks
from chipgen.music.phrases import PATTERN_BARS, carried_bars, whole_pattern
from chipgen.music.score import Meter, Note, Score, Tempo

ROLES: Final = ("melody", "harmony", "bass")
_AFTERBEAT: Final = 12  # semitones above the bass that make a left hand's note a chord's
OVERHANG_BEATS: Final = 0.125  # a note may ring so far into the next bar without filling it
_BASS_BELOW: Final = 50  # a lone voice with its median under D3 is a bass
_TOGETHER_BEATS: Final = 1 / 16  # onsets this close make a chord


@dataclass(frozen=True, slots=True)
class Frame:
    """The bars of a continuation.

    Attributes
    ----------
    start_beats
        Where the seed ends and the continuation begins: a bar line.
    bar_beats
        Length of a bar.
    seed_bars
        Bars before that.
    pattern_bars
        How many of the seed's last bars are carried on in rhythm, 1 to 8.
    meter, tempo
        In force in the continuation.
    short_bar
        The seed's last bar, where it is cut short so that no silence comes between: in files of
        the chip's own voices, whose bars are nominal.
    closing_bars
        So many bars at the seed's end, its closing, are not carried on.
    """

    start_beats: float
    bar_beats: float
    seed_bars: int
    pattern_bars: int
    meter: Meter
    tempo: Tempo
    short_bar: Meter | None = None
    closing_bars: int = 0

    @property
    def pattern_end(self) -> float:
        """The beat at which the bars that are carried on end."""
        return self.start_beats - self.closing_bars * self.bar_beats

    def pattern_start(self, bar: int) -> float:
        """Return the beat at which the seed's bar begins that generated bar `bar` is played in."""
        back = self.pattern_bars - bar % self.pattern_bars
        return self.pattern_end - back * self.bar_beats


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


def find_frame(seed: Score) -> Frame:
    """Find the bar line at which a seed ends, its meter and its prevailing tempo.

    Raises
    ------
    ChipgenError
        If the seed has no pitched notes, or lasts less than a beat.
    """
    notes = [note for track in pitched_tracks(seed) for note in track.notes]
    if not notes:
        drums = any(track.notes for track in seed.tracks)
        raise ChipgenError(
            "the seed has no pitched notes to go on from; give it a melody"
            + (
                ", have voices written to its drums (--keep noise), or play it (render --as-is)"
                if drums
                else ""
            )
        )
    first = min(note.onset_beats for note in notes)
    every = [note for track in seed.tracks for note in track.notes]
    last_onset = max(note.onset_beats for note in every)
    end = max(note.end_beats for note in every)
    pitched_beats = max(note.end_beats for note in notes) - first
    if pitched_beats < 1 - 1e-6:
        raise ChipgenError(
            f"the seed's pitched notes last {pitched_beats:.2f} beats; they have to last at least "
            "1 to be gone on from"
        )
    meter = seed.meter_at(last_onset)
    bar_beats = meter.bar_beats
    bars = max(1, int(np.ceil((end - OVERHANG_BEATS - meter.beat) / bar_beats - 1e-6)))
    while meter.beat + bars * bar_beats <= last_onset + 1e-6:
        bars += 1
    start = meter.beat + bars * bar_beats
    before = sum(line < meter.beat - 1e-6 for line in seed.bar_starts_beats())
    pattern, closing = carried_bars(seed, meter, bars)
    short_bar = None
    if has_nominal_beats(seed):
        line = start - bar_beats
        halves = int(np.ceil((max(end - OVERHANG_BEATS, last_onset + 0.1) - line) * 2 - 1e-6))
        closing = 0  # bars that are nominal say nothing of phrases
        pattern = whole_pattern(bars)
        if 0 < halves < bar_beats * 2:
            short_bar = Meter(line, halves, 8)
            start = line + halves / 2
    tempo = Tempo(start, _prevailing_bpm(seed, end))
    return Frame(start, bar_beats, before + bars, pattern, meter, tempo, short_bar, closing)


def find_parts(seed: Score, frame: Frame) -> dict[str, Part]:
    """Find the seed's melody, harmony and bass, judged by its last bars that have notes.

    A track that plays mostly one role owns it. What nobody owns is gathered from all tracks: the
    highest sounding note is melody, the lowest is bass, what lies between is harmony.
    """
    window = _last_notes(seed, frame)
    labels = _label(window)
    owners = _owners(seed, window, labels)
    afterbeats = _afterbeats(window, labels, owners, frame.bar_beats)
    shared = set(owners.values())
    parts = {}
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
        parts[role] = Part(role, tuple(line), track, low, high)
    return parts


def _prevailing_bpm(seed: Score, end: float) -> float:
    """Return the tempo in force for most beats of a seed, so that a final ritardando passes."""
    beats = Counter[float]()
    for index, tempo in enumerate(seed.tempos):
        until = seed.tempos[index + 1].beat if index + 1 < len(seed.tempos) else end
        beats[tempo.bpm] += max(0.0, min(until, end) - tempo.beat)  # type: ignore[assignment]
    return max(beats, key=lambda bpm: beats[bpm])


def _last_notes(seed: Score, frame: Frame) -> list[tuple[int, Note]]:
    """Return (track, note) of the pitched notes in the last bars, by onset."""
    tracks = pitched_tracks(seed)
    notes = sorted(
        (note.onset_beats, note.pitch, index, note)
        for index, track in enumerate(seed.tracks)
        if track in tracks
        for note in track.notes
    )
    begin = frame.start_beats - 2 * PATTERN_BARS * frame.bar_beats
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
        index: {"tr": "bass", "p1": "", "p2": ""}[track.role]
        for index, track in enumerate(seed.tracks)
        if track.role in ("p1", "p2", "tr")
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
        return (float(np.median(pitches)) if pitches else 0.0, name == "p1")

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
