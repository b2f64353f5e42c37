"""Passes tracks that are the chip's own voices through to those voices, note for note."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.arranging.arrangement import Placement
from chipgen.arranging.octave_folding import fold_into
from chipgen.music.nesmdb_dialect import midi_to_chip_level
from chipgen.music.pitch_bends import bend_curve, bend_points
from chipgen.music.played_notes import SHORTEST_S
from chipgen.music.score import Score, Track
from synth.chip.voices import EXPRESSION, PULSES, TIMBRE, VOICE_BY_NAME, VOICE_BY_ROLE
from synth.instrument.chip_score import MAX_VOLUME, ChipNote

INSTANT_S: Final = 1e-3  # what is shorter, beside another note, is no note but two writes of one


@dataclass(frozen=True, slots=True)
class _Steps:
    """A controller's values over time: `values[k]` holds from `times_s[k]`."""

    times_s: list[float]
    values: list[int]

    def during(self, start_s: float, end_s: float) -> list[tuple[float, int]]:
        """Return the changes inside a note, in seconds from its onset."""
        first, last = bisect_right(self.times_s, start_s), bisect_left(self.times_s, end_s)
        return [(self.times_s[k] - start_s, self.values[k]) for k in range(first, last)]

    def at(self, time_s: float) -> int | None:
        """Return the value in force, None before the first."""
        k = bisect_right(self.times_s, time_s) - 1
        return self.values[k] if k >= 0 else None


def place_chip_tracks(
    score: Score, tracks: Sequence[int]
) -> tuple[dict[str, list[ChipNote]], list[Placement]]:
    """Give each track whose role is a chip voice to that voice.

    Velocity and CC11 become volume 0–15, CC12 timbre, and noise pitches 1–16 the period 16 − pitch.
    Notes of a pulse that begin together are one note with an arpeggio; where notes overlap
    otherwise, the earlier one ends. A note of less than a millisecond that touches a longer one is
    what the chip sounded while a driver wrote that note's registers one after the other. It is
    dropped: played by frame it would be heard, and make the note itself late.

    Parameters
    ----------
    score
        The piece.
    tracks
        Positions in `score.tracks`, each with a role.

    Returns
    -------
    voices
        The notes of each voice that has any, in order.
    placements
        One for every note of those tracks.
    """
    voices: dict[str, list[ChipNote]] = {}
    placements: list[Placement] = []
    for position in tracks:
        track = score.tracks[position]
        voice = VOICE_BY_ROLE[track.role].name
        notes, placed = _place_track(score, position, voice)
        if voice in voices:  # a second track of the same role has nowhere to go
            reason = f"{voice} is taken by another track of the role {track.role}"
            placements += [
                replace(placement, status="dropped", voice="", folded_semitones=0, reason=reason)
                for placement in placed
            ]
        else:
            placements += placed
            voices[voice] = notes
    return voices, placements


def _place_track(score: Score, position: int, voice: str) -> tuple[list[ChipNote], list[Placement]]:
    track = score.tracks[position]
    if not track.notes:
        return [], []
    starts_s = score.beats_to_seconds([note.onset_beats for note in track.notes])
    ends_s = score.beats_to_seconds([note.end_beats for note in track.notes])
    instants = _find_instants(starts_s, ends_s)
    ends_s = np.maximum(ends_s, starts_s + SHORTEST_S)
    volumes = _steps(score, track, EXPRESSION, midi_to_chip_level)
    lowest, highest = 0, VOICE_BY_NAME[voice].timbres - 1
    timbres = _steps(score, track, TIMBRE, lambda value: min(highest, max(lowest, value)))

    bend_s, bend_cents = bend_curve(score, track)

    notes: list[ChipNote] = []
    placements: list[Placement] = []
    for index, note in enumerate(track.notes):
        start_s, end_s = float(starts_s[index]), float(ends_s[index])
        pitch = _fit_pitch(note.pitch, voice)
        shift = 0 if voice == "noise" else pitch - note.pitch
        status, reason = "kept", f"outside the range of {voice}" if shift else ""
        if instants[index]:
            status, reason = "dropped", "sounds for an instant, while its neighbour is written"
        elif notes and start_s <= notes[-1].start_s:
            offset = pitch - notes[-1].pitch
            if voice in PULSES and offset:
                notes[-1] = _add_to_arpeggio(notes[-1], offset)
                status, reason = "arpeggiated", "begins with another note of its voice"
            else:
                status, reason = "dropped", "begins with another note of its voice"
        else:
            if notes and notes[-1].end_s > start_s:
                notes[-1] = replace(notes[-1], end_s=start_s)
            played = _chip_note(voice, start_s, end_s, pitch, note.velocity, volumes, timbres)
            bend = bend_points(bend_s, bend_cents, [-math.inf], [0.0], start_s, end_s)
            notes.append(replace(played, bend=bend) if bend else played)
        heard = status != "dropped"
        placements.append(
            Placement(
                position, index, start_s, note.pitch, status,
                voice if heard else "", shift if heard else 0, reason,
                end_s - start_s if heard else 0.0,
            )
        )  # fmt: skip
    return notes, placements


def _find_instants(starts_s: NDArray[np.float64], ends_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which notes of a voice last an instant and touch a longer one; all shaped (notes,)."""
    short = ends_s - starts_s < INSTANT_S
    touches = np.abs(starts_s[1:] - ends_s[:-1]) < INSTANT_S
    apart = np.diff(starts_s) > 0  # those that begin together are a chord
    instants = np.zeros(len(starts_s), dtype=bool)
    instants[:-1] |= short[:-1] & ~short[1:] & touches
    instants[1:] |= short[1:] & ~short[:-1] & touches
    instants[:-1] &= apart
    instants[1:] &= apart
    return instants


def _add_to_arpeggio(note: ChipNote, offset: int) -> ChipNote:
    return replace(note, arpeggio=tuple(sorted({0, *note.arpeggio, offset})))


def _fit_pitch(pitch: int, voice: str) -> int:
    if voice == "noise":  # the source counts periods 1-16 from the lowest
        return min(15, max(0, 16 - pitch))
    return fold_into(pitch, voice)


def _chip_note(
    voice: str,
    start_s: float,
    end_s: float,
    pitch: int,
    velocity: int,
    volumes: _Steps | None,
    timbres: _Steps | None,
) -> ChipNote:
    volume = midi_to_chip_level(velocity)
    volume_changes: list[tuple[float, int]] = []
    timbre_changes: list[tuple[float, int]] = []
    if voice == "triangle":  # it has no volume: it sounds or it does not
        volume = MAX_VOLUME
    elif volumes is not None:
        volume_changes = [(0.0, volume), *volumes.during(start_s, end_s)]
    if timbres is not None and voice != "triangle":
        timbre = timbres.at(start_s)
        first = [] if timbre is None else [(0.0, timbre)]
        timbre_changes = [*first, *timbres.during(start_s, end_s)]
    return ChipNote(
        start_s, end_s, pitch, volume,
        volume_changes=tuple(volume_changes), timbre_changes=tuple(timbre_changes),
    )  # fmt: skip


def _steps(
    score: Score, track: Track, number: int, value_of: Callable[[int], int]
) -> _Steps | None:
    controls = [control for control in track.controls if control.number == number]
    if not controls:
        return None
    times_s = score.beats_to_seconds([control.beat for control in controls]).tolist()
    return _Steps(times_s, [value_of(control.value) for control in controls])
