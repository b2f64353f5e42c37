"""Selects the notes of a score that a model learns from."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from chipgen.music.score import Note, Score, Track

# General MIDI programs that are no pitch: 113–120 (from 1) are struck percussion, 121–128 are
# effects, among them breath noise (program 121 counted from 0), which NES-MDB writes on `no`.
_AUXILIARY_PROGRAMS: Final = frozenset(range(112, 128))


@dataclass(frozen=True, slots=True)
class CleanConfig:
    """What is kept of a score.

    Attributes
    ----------
    min_track_s
        Shortest piece that is kept, in seconds.
    min_note_s
        Shortest note that is kept, in seconds.
    drop_auxiliary
        Whether percussion, breath noise and other effects are taken away from what models see.
    """

    min_track_s: float = 2.5
    min_note_s: float = 0.0625
    drop_auxiliary: bool = True


def clean_score(score: Score, config: CleanConfig) -> Score | None:
    """Keep what a model learns from, or nothing.

    Velocities and control changes arrive normalised to 1–127 (the MIDI reader's work) and stay
    so. The answer is None where the piece is too short or no note is left.
    """
    if score.duration_s < config.min_track_s:
        return None
    tracks = tuple(
        replace(track, notes=_long_notes(score, track, config.min_note_s))
        for track in score.tracks
        if not (config.drop_auxiliary and is_auxiliary(track))
    )
    tracks = tuple(track for track in tracks if track.notes)
    return score.with_tracks(tracks) if tracks else None


def is_auxiliary(track: Track) -> bool:
    """Whether a track is percussion, breath noise or another effect without pitch."""
    return track.is_drums or track.role == "no" or track.program in _AUXILIARY_PROGRAMS


def _long_notes(score: Score, track: Track, min_note_s: float) -> tuple[Note, ...]:
    onsets = score.beats_to_seconds(np.array([note.onset_beats for note in track.notes]))
    ends = score.beats_to_seconds(np.array([note.end_beats for note in track.notes]))
    return tuple(
        note for note, kept in zip(track.notes, ends - onsets >= min_note_s, strict=True) if kept
    )
