"""Pastes new rows of some voices into a piece, and joins them on both sides."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.score import NES_TRACKS, Bend, Control, Note, Score, Track
from chipgen.rows.row_states import HOLD, Rows
from chipgen.rows.score_conversion import tracks_of
from synth.chip.voices import TIMBRE

_LEVELS: Final = (7, 11)
_UPBEAT: Final = 0.25  # of a passage, in which a note that rings on behind it is kept


def put_rows(
    score: Score,
    roles: tuple[str, ...],
    rows: Rows,
    edges_beats: NDArray[np.float64],
    played: Mapping[str, tuple[tuple[Note, ...], tuple[Control, ...]]] | None = None,
    ends: NDArray[np.int64] | None = None,
) -> Score:
    """Put new rows of some voices into a piece in place of what these played there.

    Bars outside sound as they did: a note that rang in from the old passage, and is not kept whole,
    is struck again behind the new one. A note that rings into the new passage ends where that lets
    it.

    Parameters
    ----------
    score
        In the chip's voices.
    roles
        Whose voices are new.
    rows
        Of the passage, all four voices.
    edges_beats
        Where each row begins and the last one ends, one more than there are rows.
    played
        Role to the notes and controls that play its rows; plain notes do where there are none.
    ends
        Row at which each voice's new music ends, from `passage_ends`; shape (4,). All rows are new,
        if None.
    """
    new = {track.role: track for track in tracks_of(rows, edges_beats)}
    for role, (notes, controls) in (played or {}).items():
        new[role] = replace(new[role], notes=notes, controls=controls)
    begin = float(edges_beats[0])
    slack = float(np.diff(edges_beats).min()) / 2
    tracks = list(score.tracks)
    for voice, role in enumerate(NES_TRACKS):
        if role not in roles:
            continue
        end = float(edges_beats[-1 if ends is None else ends[voice]])
        at = next((k for k, track in enumerate(tracks) if track.role == role), None)
        if at is None:
            tracks.append(new[role])
            continue
        silent = np.nonzero(rows.states[:, voice] != HOLD)[0]
        held = len(rows) if not len(silent) else int(silent[0])
        tracks[at] = _paste_track(
            tracks[at], new[role], begin, end, float(edges_beats[held]), slack
        )
    order = {role: k for k, role in enumerate(NES_TRACKS)}
    tracks.sort(key=lambda track: order.get(track.role, len(order)))
    last = float(edges_beats[-1])
    return replace(score, tracks=tuple(tracks), end_beats=max(score.end_beats, last))


def passage_ends(states: NDArray[np.uint8], begin: int, end: int) -> NDArray[np.int64]:
    """Return where each voice's part of a passage ends: where what rings on behind it begins.

    A note that begins in the passage's last quarter and rings on is an upbeat of what follows.

    Parameters
    ----------
    states
        Of the piece, shape (rows, 4).
    begin, end
        The passage.

    Returns
    -------
    ndarray
        Rows from `begin` on; int64, shape (4,).
    """
    ends = np.full(states.shape[1], end - begin)
    for voice in np.flatnonzero(states[end] == HOLD) if end < len(states) else ():
        begun = np.flatnonzero(states[begin:end, voice] != HOLD)
        if len(begun) and begun[-1] >= end - begin - (end - begin) * _UPBEAT:
            ends[voice] = begun[-1]
    return ends


def struck_again(rows: Rows, begin: int, keep: NDArray[np.bool_]) -> Rows:
    """Return the rows from `begin` on; a note that rang in begins there, if it is not kept."""
    after = rows[begin:]
    if not len(after):
        return after
    states, volume, timbre = after.states.copy(), after.volume.copy(), after.timbre.copy()
    for voice, kept in enumerate(keep):
        begun = np.nonzero(rows.states[:begin, voice] > HOLD)[0]
        if states[0, voice] == HOLD and not kept and len(begun):
            last = begun[-1]
            states[0, voice] = rows.states[last, voice]
            volume[0, voice] = rows.volume[last, voice]
            timbre[0, voice] = rows.timbre[last, voice]
    return replace(after, states=states, volume=volume, timbre=timbre)


def _paste_track(
    track: Track, new: Track, begin: float, end: float, held: float, slack: float
) -> Track:
    """Return a track with [begin, end) played by another; what rang in rings on until `held`."""
    first, last = begin - slack, end - slack  # onsets go to the nearest row
    fresh = (note for note in new.notes if note.onset_beats < last)
    notes = [_ending_at(note, min(note.end_beats, end)) for note in fresh]
    latest = max((n.onset_beats for n in track.notes if n.onset_beats < first), default=-1.0)
    for note in track.notes:
        if note.onset_beats >= last:
            notes.append(note)
            continue
        if note.onset_beats < first:
            rings_on = held > begin and note.onset_beats > latest - 1e-6
            until = held if rings_on else min(note.end_beats, begin)
            notes.append(_ending_at(note, until))
        if note.end_beats > end + slack:
            notes.append(replace(note, onset_beats=end, duration_beats=note.end_beats - end))
    return replace(
        track,
        notes=tuple(sorted(notes)),
        controls=_paste_controls(track.controls, new.controls, begin, end),
        bends=_paste_bends(track.bends, begin, end),
    )


def _ending_at(note: Note, end: float) -> Note:
    """Return a note that ends at a beat."""
    if note.end_beats == end:
        return note
    return replace(note, duration_beats=end - note.onset_beats)


def _paste_controls(
    old: tuple[Control, ...], new: tuple[Control, ...], begin: float, end: float
) -> tuple[Control, ...]:
    """Return controls with [begin, end) replaced; from the end on the old values hold again."""
    again: dict[int, Control] = {}
    kept: list[Control] = []
    for control in old:
        ours = control.number == TIMBRE or control.number in _LEVELS
        if ours and begin - 1e-6 <= control.beat < end - 1e-6:
            again[control.number] = replace(control, beat=end)
        else:
            kept.append(control)
            if ours and control.beat < begin:
                again[control.number] = replace(control, beat=end)
    later = {control.number for control in kept if abs(control.beat - end) < 1e-6}
    back = [control for number, control in sorted(again.items()) if number not in later]
    changed = bool(new) or any(begin - 1e-6 <= c.beat < end - 1e-6 for c in old)
    fresh = tuple(control for control in new if control.beat < end - 1e-6)
    return tuple(sorted((*kept, *fresh, *(back if changed else ())), key=lambda c: c.beat))


def _paste_bends(old: tuple[Bend, ...], begin: float, end: float) -> tuple[Bend, ...]:
    """Return bends with none in [begin, end), and the one in force at the end in force again."""
    kept = [bend for bend in old if not begin - 1e-6 <= bend.beat < end - 1e-6]
    before = [bend for bend in old if bend.beat < begin - 1e-6]
    until = [bend for bend in old if bend.beat < end - 1e-6]
    if before and before[-1].semitones:
        kept.append(Bend(begin, 0.0))
    if until and until[-1].semitones and not any(abs(bend.beat - end) < 1e-6 for bend in kept):
        kept.append(Bend(end, until[-1].semitones))
    return tuple(sorted(kept, key=lambda bend: bend.beat))
