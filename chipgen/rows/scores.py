"""Scores of the chip's four voices to rows, and rows back to scores, ornaments and all."""

from typing import Final

import numpy as np

from chipgen.errors import ChipgenError
from chipgen.music.dialect import NES_CHANNELS, NES_PROGRAMS, chip_to_midi_level, midi_to_chip_level
from chipgen.music.score import NES_TRACKS, Control, Note, Score, Track
from chipgen.rows.grid import RowSong, play_back, rows_of
from chipgen.rows.states import TRIANGLE
from chipgen.rows.voice_notes import TICKS_A_SECOND, VoiceNotes

_TIMBRE: Final = 12
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
    """Return what a song on rows plays, in NES-MDB's dialect and nominal tempo.

    Onsets are right to half an NES frame where `with_ornaments` is kept, and exact rows where not;
    ends are right to half a row.
    """
    notes = play_back(song, with_ornaments=with_ornaments)
    beats = _BEATS_A_SECOND / TICKS_A_SECOND
    tracks = []
    for voice, role in enumerate(NES_TRACKS):
        mine = np.nonzero(notes.voice == voice)[0].tolist()
        played: list[Note] = []
        controls: list[Control] = []
        for i in mine:
            onset, end = float(notes.start[i]) * beats, float(notes.end[i]) * beats
            level = 15 if voice == TRIANGLE else max(1, int(notes.volume[i]))
            played.append(Note(onset, end - onset, int(notes.pitch[i]), chip_to_midi_level(level)))
            timbre = int(notes.timbre[i])
            if voice != TRIANGLE and timbre != (controls[-1].value if controls else 0):
                controls.append(Control(onset, _TIMBRE, timbre))
        tracks.append(
            Track(
                role,
                NES_CHANNELS[role],
                NES_PROGRAMS[role],
                tuple(sorted(played)),
                tuple(controls),
                role=role,
            )
        )
    end = max(notes.length, int(notes.end.max(initial=0)))
    return Score(tuple(tracks), end_beats=end * beats, dialect="nesmdb")


def voice_notes_of(score: Score) -> VoiceNotes:
    """Return the notes of the tracks with roles in samples, as `read_voice_notes` reads a file's.

    Raises
    ------
    ChipgenError
        If there are none.
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
        changes = [control for control in track.controls if control.number == _TIMBRE]
        values = [0, *(control.value for control in changes)]
        at = np.searchsorted([control.beat for control in changes], onsets + 1e-6)
        for note, start, stop, which in zip(
            track.notes, starts.tolist(), stops.tolist(), at.tolist(), strict=True
        ):
            level = 1 if voice == TRIANGLE else max(1, midi_to_chip_level(note.velocity))
            table.append((start, voice, max(stop, start + 1), note.pitch, level, values[which]))
    if not table:
        raise ChipgenError(
            "no track of the score is a voice of the chip (p1, p2, tr, no) with a note; "
            "arrange it first"
        )
    columns = np.array(sorted(table), dtype=np.int64).T
    return VoiceNotes(
        voice=columns[1].astype(np.int8),
        start=columns[0].copy(),
        end=columns[2].copy(),
        pitch=columns[3].astype(np.int16),
        volume=columns[4].astype(np.int8),
        timbre=columns[5].astype(np.int8),
        length=max(round(score.duration_s * TICKS_A_SECOND), int(columns[2].max())),
    )
