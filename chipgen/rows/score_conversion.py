"""Converts scores of the chip's four voices to notes and rows, and rows back to scores."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.errors import ChipgenError
from chipgen.music.nesmdb_dialect import chip_to_midi_level, midi_to_chip_level
from chipgen.music.score import NES_TRACKS, Control, Note, Score, Track
from chipgen.rows.quantise import RowSong, notes_of, play_back, rows_of
from chipgen.rows.row_states import HIGHEST_PITCH, LOWEST_PITCH, NOISE, TRIANGLE, Rows
from chipgen.rows.voice_notes import TICKS_A_SECOND, VoiceNotes
from synth.chip.voices import TIMBRE, VOICE_BY_ROLE

_MOST_TIMBRE: Final = 3
_LOUDEST: Final = 15
_BEATS_A_SECOND: Final = 2.0  # NES-MDB's nominal tempo, 120 beats a minute


def score_to_rows(score: Score) -> RowSong:
    """Put a score of the chip's voices on rows inferred from its onsets.

    Raises
    ------
    ChipgenError
        If no track has a role (p1, p2, tr, no) and a note.

    Examples
    --------
    >>> notes = tuple(Note(0.2 * k, 0.2, 60 + k % 3) for k in range(40))
    >>> score = Score((Track("p1", 0, 80, notes, role="p1"),), end_beats=8.0, dialect="nesmdb")
    >>> song = score_to_rows(score)
    >>> len(song), float(np.median(song.grid.frames))
    (40, 6.0)
    >>> back = rows_to_score(song)
    >>> [note.pitch for note in back.tracks[0].notes] == [note.pitch for note in notes]
    True
    """
    return rows_of(voice_notes_of(score))


def rows_to_score(song: RowSong, *, with_ornaments: bool = True) -> Score:
    """Return the score of a song on rows, in NES-MDB's dialect and nominal tempo.

    Onsets are right to half an NES frame where `with_ornaments` is kept, and exact rows where not;
    ends are right to half a row.
    """
    notes = play_back(song, with_ornaments=with_ornaments)
    beats = _BEATS_A_SECOND / TICKS_A_SECOND
    start, end = notes.start.astype(np.float64), notes.end.astype(np.float64)
    tracks = _tracks(
        notes.voice, start * beats, end * beats, notes.pitch, notes.volume, notes.timbre
    )
    length = max(notes.length, int(notes.end.max(initial=0)))
    return Score(tracks, end_beats=length * beats, dialect="nesmdb")


def tracks_of(rows: Rows, edges_beats: NDArray[np.float64]) -> tuple[Track, ...]:
    """Return the four voices' tracks; row i lasts from edge i to edge i + 1, in quarter notes."""
    notes = notes_of(rows)
    return _tracks(
        notes.voice,
        edges_beats[notes.row],
        edges_beats[notes.end_row],
        notes.pitch,
        notes.volume,
        notes.timbre,
    )


def voice_notes_of(score: Score, *, unset_duty: int = 0) -> VoiceNotes:
    """Return the notes of the tracks with roles, as NES-MDB's files have them.

    Parameters
    ----------
    unset_duty
        The timbre of a pulse before its first CC12: 0 as in NES-MDB, 2 for a plain square.

    Raises
    ------
    ChipgenError
        If no track has a role (p1, p2, tr, no) and a note.
    """
    table: list[tuple[int, int, int, int, int, int]] = []
    for track in score.tracks:
        if track.role not in NES_TRACKS:
            continue
        voice = NES_TRACKS.index(track.role)
        onsets = np.array([note.onset_beats for note in track.notes], dtype=np.float64)
        ends = np.array([note.end_beats for note in track.notes], dtype=np.float64)
        starts = np.rint(score.beats_to_seconds(onsets) * TICKS_A_SECOND).astype(np.int64)
        stops = np.rint(score.beats_to_seconds(ends) * TICKS_A_SECOND).astype(np.int64)
        timbres = _timbres(track, onsets, 0 if voice >= TRIANGLE else unset_duty)
        for note, start, stop, timbre in zip(
            track.notes, starts.tolist(), stops.tolist(), timbres, strict=True
        ):
            level = 1 if voice == TRIANGLE else max(1, midi_to_chip_level(note.velocity))
            table.append((start, voice, max(stop, start + 1), note.pitch, level, timbre))
    if not table:
        raise ChipgenError(
            "no track of the score is a voice of the chip (p1, p2, tr, no) with a note; "
            "arrange it first"
        )
    columns = np.array(sorted(table, key=lambda note: note[:2]), dtype=np.int64).T
    return VoiceNotes(
        voice=columns[1].astype(np.int8),
        start=columns[0].copy(),
        end=columns[2].copy(),
        pitch=columns[3].astype(np.int16),
        volume=columns[4].astype(np.int8),
        timbre=columns[5].astype(np.int8),
        length=max(round(score.duration_s * TICKS_A_SECOND), int(columns[2].max())),
    )


def folded_into_ranges(notes: VoiceNotes) -> tuple[VoiceNotes, int]:
    """Move notes by octaves into their voices' ranges, noise to the nearest period.

    Returns
    -------
    notes : VoiceNotes
        The same notes, each with a pitch that its voice has.
    folded : int
        How many were moved.
    """
    low = np.array(LOWEST_PITCH)[notes.voice]
    high = np.array(HIGHEST_PITCH)[notes.voice]
    pitch = notes.pitch.astype(np.int64)
    raised = pitch + 12 * -(-np.maximum(0, low - pitch) // 12)
    melodic = raised - 12 * -(-np.maximum(0, raised - high) // 12)
    moved = np.where(notes.voice == NOISE, np.clip(pitch, low, high), melodic)
    return replace(notes, pitch=moved.astype(np.int16)), int((moved != pitch).sum())


def cut_at(notes: VoiceNotes, end: int) -> VoiceNotes:
    """Return the notes that begin before `end`, in ticks, none of which sounds past it."""
    kept = notes.start < end
    return VoiceNotes(
        notes.voice[kept],
        notes.start[kept],
        np.minimum(notes.end[kept], end),
        notes.pitch[kept],
        notes.volume[kept],
        notes.timbre[kept],
        end,
    )


def _timbres(track: Track, onsets: NDArray[np.float64], unset: int) -> list[int]:
    """Return the timbre in force at each onset."""
    changes = [control for control in track.controls if control.number == TIMBRE]
    values = [unset, *(min(_MOST_TIMBRE, control.value) for control in changes)]
    at = np.searchsorted([control.beat for control in changes], onsets + 1e-6)
    return [values[index] for index in at.tolist()]


def _tracks(
    voices: NDArray[np.integer],
    onsets_beats: NDArray[np.float64],
    ends_beats: NDArray[np.float64],
    pitches: NDArray[np.integer],
    volumes: NDArray[np.integer],
    timbres: NDArray[np.integer],
) -> tuple[Track, ...]:
    """Return a track for each voice; notes without a length are left out."""
    tracks = []
    for voice, role in enumerate(NES_TRACKS):
        mine: Iterable[int] = np.nonzero(voices == voice)[0].tolist()
        played: list[Note] = []
        controls: list[Control] = []
        for i in mine:
            onset = float(onsets_beats[i])
            duration = float(ends_beats[i]) - onset
            if duration <= 1e-6:
                continue
            level = _LOUDEST if voice == TRIANGLE else max(1, int(volumes[i]))
            played.append(Note(onset, duration, int(pitches[i]), chip_to_midi_level(level)))
            timbre = int(timbres[i])
            if voice != TRIANGLE and (not controls or controls[-1].value != timbre):
                controls.append(Control(onset, TIMBRE, timbre))
        tracks.append(
            Track(
                role,
                VOICE_BY_ROLE[role].midi_channel,
                VOICE_BY_ROLE[role].midi_program,
                tuple(sorted(played)),
                tuple(controls),
                role=role,
            )
        )
    return tuple(tracks)
