"""A score to the rows its voices play, and rows back to the tracks of a score.

Rows are those of the seed's own beats in ordinary MIDI, and inferred in NES-MDB, whose beats are
nominal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.errors import ChipgenError
from chipgen.music.dialect import (
    NES_CHANNELS,
    NES_PROGRAMS,
    chip_to_midi_level,
    has_nominal_beats,
    midi_to_chip_level,
)
from chipgen.music.score import NES_TRACKS, Control, Note, Score, Track
from chipgen.rows.grid import notes_of, put_on_grid
from chipgen.rows.row_timing import RowTiming
from chipgen.rows.states import HIGHEST_PITCH, LOWEST_PITCH, Rows
from chipgen.rows.tempo import NES_FRAME_HZ, RowGrid, infer_rows
from chipgen.rows.voice_notes import TICKS_A_SECOND, VoiceNotes
from chipgen.understand.ending import Ending
from chipgen.understand.seed_lines import Part

DIVISIONS: Final = (2, 3, 4, 6, 8, 12)  # rows a beat that are tried for ordinary MIDI
_TIMBRE: Final = 12
_DUTY: Final = 2
_MOST_SEED_ROWS: Final = 4096


def to_voices(seed: Score, parts: Mapping[str, Part]) -> Score:
    """Return a seed's parts and drums as the chip's four voices.

    Of drums struck together the heaviest is heard.
    """
    hits: dict[float, Note] = {}
    for track in seed.tracks:
        for note in track.notes if track.is_drums else ():
            hit = replace(note, pitch=noise_period(note.pitch))
            other = hits.get(note.onset_beats, hit)
            hits[note.onset_beats] = min(hit, other, key=lambda n: (n.pitch, -n.velocity))
    lines = {
        "p1": parts["melody"].notes,
        "p2": parts["harmony"].notes,
        "tr": parts["bass"].notes,
        "no": tuple(sorted(hits.values())),
    }
    return seed.with_tracks(
        tuple(Track(name=role, notes=notes, role=role) for role, notes in lines.items() if notes)
    )


def noise_period(drum: int) -> int:
    """Return the NES-MDB noise pitch of a General MIDI drum: a thud, a burst or a tick."""
    if drum in {35, 36, 41, 43, 45}:
        return 2
    if drum in {37, 38, 39, 40, 47, 48, 50}:
        return 9
    return 14


@dataclass(frozen=True, slots=True, eq=False)
class EncodedPiece:
    """A whole piece on rows.

    Attributes
    ----------
    rows
        What its voices play.
    edges_beats
        Where each row begins, and where the last one ends, in quarter notes; rising, one more than
        there are rows.
    folded
        Notes that were moved by octaves into their voice's range.
    """

    rows: Rows
    edges_beats: NDArray[np.float64]
    folded: int


def encode_piece(score: Score, ending: Ending) -> EncodedPiece:
    """Put a piece in the chip's voices on rows, up to the ending's start.

    Rows divide its beats, so that bar lines are the edges of rows where that can be; beats that are
    nominal give way to the rows that its onsets tell.
    """
    notes, folded = _raw_notes(score, ending)
    end_s = float(score.beats_to_seconds(ending.start_beats))
    if has_nominal_beats(score):
        onsets_s = notes.start / TICKS_A_SECOND
        grid = infer_rows(onsets_s, (notes.end - notes.start) / TICKS_A_SECOND, end_s)
        edges = np.maximum(0.0, score.seconds_to_beats(np.maximum(0.0, grid.times_s)))
    else:
        lines = np.array([*score.bar_starts_beats(), ending.start_beats])
        division = _division(score, ending, lines[lines <= ending.start_beats])
        edges = np.arange(int(np.ceil(ending.start_beats * division - 1e-6)) + 1) / division
        times_s = score.beats_to_seconds(edges)
        grid = RowGrid(times_s, _frames(times_s), 1.0)
    song = put_on_grid(notes, grid)
    rows = Rows(song.states, song.volume, song.timbre, grid.frames.astype(np.int64))
    return EncodedPiece(rows, edges, folded)


def encode_seed(seed: Score, ending: Ending) -> tuple[Rows, RowTiming, int]:
    """Put a seed on rows, and find the timing of the rows that follow it.

    Returns
    -------
    history : Rows
        What the seed plays, at most its last 4,096 rows.
    timing : RowTiming
        Of the rows to be composed.
    folded : int
        Notes that were moved by octaves into their voice's range.
    """
    notes, folded = _raw_notes(seed, ending)
    start_s = float(seed.beats_to_seconds(ending.start_beats))
    beat_s = 60.0 / ending.tempo.bpm
    if has_nominal_beats(seed):
        onsets_s = notes.start / TICKS_A_SECOND
        grid = infer_rows(onsets_s, (notes.end - notes.start) / TICKS_A_SECOND, start_s)
        pattern = _usual_pattern(grid.frames).astype(np.int64)
        timing = RowTiming(ending.start_beats, pattern, NES_FRAME_HZ * beat_s, pattern)
    else:
        division = _division(seed, ending)
        rows = round(ending.start_beats * division)
        times_s = seed.beats_to_seconds(np.arange(rows + 1) / division)
        grid = RowGrid(times_s, _frames(times_s), 1.0)
        usual = _frames(np.array([0.0, beat_s / division])).astype(np.int64)
        timing = RowTiming(ending.start_beats, np.ones(1, dtype=np.int64), float(division), usual)
    song = put_on_grid(notes, grid)
    kept = slice(-_MOST_SEED_ROWS, None)
    history = Rows(
        song.states[kept], song.volume[kept], song.timbre[kept], grid.frames[kept].astype(np.int64)
    )
    return history, timing, folded


def _raw_notes(seed: Score, ending: Ending) -> tuple[VoiceNotes, int]:
    """Return the notes of tracks with roles, in their voices' ranges, up to the seed's end."""
    found: list[tuple[int, int, int, int, int, int]] = []
    folded = 0
    end = round(float(seed.beats_to_seconds(ending.start_beats)) * TICKS_A_SECOND)
    for track in seed.tracks:
        if track.role not in NES_TRACKS:
            continue
        voice = NES_TRACKS.index(track.role)
        onsets = np.array([note.onset_beats for note in track.notes])
        ends = np.array([note.end_beats for note in track.notes])
        starts = np.rint(seed.beats_to_seconds(onsets) * TICKS_A_SECOND).astype(np.int64)
        stops = np.rint(seed.beats_to_seconds(ends) * TICKS_A_SECOND).astype(np.int64)
        timbres = _timbres(track, onsets, 0 if voice >= 2 else _DUTY)
        for note, start, stop, timbre in zip(track.notes, starts, stops, timbres, strict=True):
            pitch = note.pitch
            if voice == 3:
                pitch = min(max(pitch, 1), 16)
            while pitch < LOWEST_PITCH[voice]:
                pitch += 12
            while pitch > HIGHEST_PITCH[voice]:
                pitch -= 12
            folded += pitch != note.pitch
            level = 1 if voice == 2 else max(1, midi_to_chip_level(note.velocity))
            if start < end:
                found.append(
                    (voice, int(start), min(int(max(stop, start + 1)), end), pitch, level, timbre)
                )
    if not found:
        raise ChipgenError(
            "no track of the seed is a voice of the chip; arrange it to p1, p2, tr and no first"
        )
    table = np.array(sorted(found, key=lambda row: (row[1], row[0])), dtype=np.int64)
    notes = VoiceNotes(
        voice=table[:, 0].astype(np.int8),
        start=table[:, 1],
        end=table[:, 2],
        pitch=table[:, 3].astype(np.int16),
        volume=table[:, 4].astype(np.int8),
        timbre=table[:, 5].astype(np.int8),
        length=end,
    )
    return notes, folded


def _timbres(track: Track, onsets: NDArray[np.float64], default: int) -> list[int]:
    """Return the timbre in force at each onset."""
    beats = np.array([c.beat for c in track.controls if c.number == _TIMBRE])
    values = [default, *(min(3, c.value) for c in track.controls if c.number == _TIMBRE)]
    return [values[i] for i in np.searchsorted(beats, onsets + 1e-6).tolist()]


def _division(seed: Score, ending: Ending, lines: NDArray[np.float64] | None = None) -> int:
    """Return how many rows a beat suit a seed of ordinary MIDI: the fewest that fit its onsets.

    Of divisions that have a row at each of the `lines` (in beats) if there are any such.
    """
    onsets = np.array([n.onset_beats for t in seed.tracks if t.role in NES_TRACKS for n in t.notes])
    beat_frames = NES_FRAME_HZ * 60.0 / ending.tempo.bpm
    usual = [d for d in DIVISIONS if 3.0 <= beat_frames / d <= 16.0] or [4]
    if lines is not None:
        usual = [d for d in usual if np.allclose(lines * d, np.rint(lines * d))] or usual
    off = {d: float(np.mean(np.abs(onsets * d - np.rint(onsets * d)) / d > 1 / 32)) for d in usual}
    fine = [d for d in usual if off[d] <= min(off.values()) + 0.03]
    return fine[0]


def _frames(times_s: NDArray[np.float64]) -> NDArray[np.int16]:
    """Return row lengths in whole frames, of the kind NES-MDB has."""
    return np.clip(np.rint(np.diff(times_s) * NES_FRAME_HZ), 2, 20).astype(np.int16)


def _usual_pattern(frames: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the two row lengths that follow each other most often near the end of a song."""
    recent = frames[-257:].tolist()
    pairs = list(pairwise(recent)) or [(recent[0], recent[0])]
    most = max(sorted(set(pairs)), key=pairs.count)
    return np.array(most, dtype=np.int16)


def tracks_of(rows: Rows, boundaries: NDArray[np.float64]) -> tuple[Track, ...]:
    """Return the four voices' tracks; row i lasts from boundary i to i + 1, in beats."""
    notes = notes_of(rows.states, rows.volume, rows.timbre)
    tracks = []
    for voice, role in enumerate(NES_TRACKS):
        mine = np.nonzero(notes.voice == voice)[0]
        played: list[Note] = []
        controls: list[Control] = []
        for i in mine.tolist():
            onset = float(boundaries[notes.row[i]])
            duration = float(boundaries[notes.end_row[i]]) - onset
            if duration <= 1e-6:
                continue
            level = 15 if voice == 2 else max(1, int(notes.volume[i]))
            played.append(Note(onset, duration, int(notes.pitch[i]), chip_to_midi_level(level)))
            timbre = int(notes.timbre[i])
            if voice != 2 and (not controls or controls[-1].value != timbre):
                controls.append(Control(onset, _TIMBRE, timbre))
        tracks.append(
            Track(
                name=role,
                channel=NES_CHANNELS[role],
                program=NES_PROGRAMS[role],
                notes=tuple(sorted(played)),
                controls=tuple(controls),
                role=role,
            )
        )
    return tuple(tracks)
