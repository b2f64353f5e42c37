"""Judges tracks: how like a melody and how like a bass each is, and what its name says."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chipgen.music.performance import PlayedNote
from chipgen.music.score import Score, Track

# Costs, added to every note of a track when a line is searched for; see docs/arranging.md.
NAME_HINT: Final = 2.0
PROGRAM_HINT: Final = 1.5
REGISTER_WEIGHT: Final = 2.5
CHORD_WEIGHT: Final = 1.5
LOUDNESS_WEIGHT: Final = 0.6
PRESENCE_WEIGHT: Final = 1.0

_MELODY_NAMES: Final = re.compile(r"melod|lead|vocal|voice|vox|solo|sopran|sing|theme|tune", re.I)
_BASS_NAMES: Final = re.compile(
    r"\bbass(?!oon| ?(?:clarinet|drum|flute|trombone))|contrabass|\btuba", re.I
)
_BASS_PROGRAMS: Final = frozenset({*range(32, 40), 43, 58})  # GM bass family, contrabass, tuba
_LEAD_PROGRAMS: Final = frozenset({*range(64, 88), 40, 56, 22, 52, 53, 54})


@dataclass(frozen=True, slots=True)
class TrackEvidence:
    """What speaks for a track's being the melody or the bass.

    Attributes
    ----------
    melody, bass
        Costs of taking its notes for the melody, the bass; 0 for the likeliest track.
    is_bass
        Whether its name or program says that it is a bass: then it sings no melody.
    is_single_line
        Whether it never sounds two notes at once, but for legato's small overlaps.
    """

    melody: float
    bass: float
    is_bass: bool = False
    is_single_line: bool = False


def weigh_tracks(score: Score, notes: Sequence[PlayedNote]) -> dict[int, TrackEvidence]:
    """Judge each track by register, density of chords, loudness, presence, name and program.

    Parameters
    ----------
    score
        The piece, for names and programs.
    notes
        What its melodic tracks play.

    Returns
    -------
    dict
        The evidence on every track that plays; costs are 0 where a single track plays.
    """
    by_track: dict[int, list[PlayedNote]] = defaultdict(list)
    for note in notes:
        by_track[note.track].append(note)
    if not by_track:
        return {}
    chords = {k: _chord_share(own) for k, own in by_track.items()}
    told = {k: (_says_bass(score.tracks[k]), chords[k] == 0.0) for k in by_track}
    if len(by_track) == 1:
        return {k: TrackEvidence(0.0, 0.0, *told[k]) for k in by_track}
    total_s = max(note.end_s for note in notes) - notes[0].start_s or 1.0
    register = {k: sum(n.pitch for n in ns) / len(ns) for k, ns in by_track.items()}
    low, high = min(register.values()), max(register.values())
    melody: dict[int, float] = {}
    bass: dict[int, float] = {}
    for k, own in by_track.items():
        track = score.tracks[k]
        height = (register[k] - low) / max(high - low, 12.0)
        loudness = sum(n.level for n in own) / len(own)
        presence = min(1.0, sum(n.end_s - n.start_s for n in own) / total_s)
        common = CHORD_WEIGHT * chords[k] - LOUDNESS_WEIGHT * loudness - PRESENCE_WEIGHT * presence
        melody[k] = common + REGISTER_WEIGHT * (1.0 - height)
        bass[k] = common + REGISTER_WEIGHT * height
        if _MELODY_NAMES.search(track.name):
            melody[k] -= NAME_HINT
        if _BASS_NAMES.search(track.name):
            bass[k] -= NAME_HINT
            melody[k] += NAME_HINT
        if track.program in _BASS_PROGRAMS:
            bass[k] -= PROGRAM_HINT
            melody[k] += PROGRAM_HINT
        if track.program in _LEAD_PROGRAMS:
            melody[k] -= 0.5 * PROGRAM_HINT
    least_melody, least_bass = min(melody.values()), min(bass.values())
    return {
        k: TrackEvidence(melody[k] - least_melody, bass[k] - least_bass, *told[k]) for k in by_track
    }


def _says_bass(track: Track) -> bool:
    return bool(_BASS_NAMES.search(track.name)) or track.program in _BASS_PROGRAMS


def _chord_share(notes: Sequence[PlayedNote]) -> float:
    """Share of a track's notes that begin while another of them sounds on."""
    together, latest_s = 0, -1.0
    for note in notes:
        together += note.start_s < latest_s - 0.03
        latest_s = max(latest_s, note.end_s)
    return together / len(notes)
