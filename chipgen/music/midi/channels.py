"""Assigns tracks to MIDI channels: drums to 10, MPE fingers apart."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from chipgen.music.score import DRUM_CHANNEL, Bend, Note, Score, Track
from synth.chip.voices import VOICE_BY_ROLE

_CHANNELS: Final = 16
_MOST_FINGERS: Final = 15
_LEAST_FINGERS: Final = 3  # fewer channels that pass notes around are not taken for one player


def channels_of(score: Score) -> list[list[Track]]:
    """Return each track as the players of one channel each that a MIDI track can hold.

    Voices of the chip are on their own channels, drums on channel 10, and what is not drums is
    moved off it if another channel is free. Chords whose notes bend singly take several channels,
    as many as are free; all other tracks are one player.
    """
    used = {
        _fixed(track) for track in score.tracks if _fixed(track) is not None and track.notes
    } | {track.channel for track in score.tracks if not track.role}
    free = [channel for channel in range(_CHANNELS) if channel not in {*used, DRUM_CHANNEL}]
    players: list[list[Track]] = []
    for track in score.tracks:
        fixed = _fixed(track)
        if fixed is not None:
            track = replace(track, channel=fixed)
        elif track.channel == DRUM_CHANNEL and free:
            track = replace(track, channel=free.pop(0))
        if _bends_in_chords(track.notes) and len(free) + 1 >= _LEAST_FINGERS:
            spread = _spread(track, [track.channel, *free[: _MOST_FINGERS - 1]])
            free = free[len(spread) - 1 :]
            players.append(spread)
        else:
            players.append([merge_bends(track)])
    return players


def merge_bends(track: Track) -> Track:
    """Return a track whose notes' own bends are the track's; in chords the latest note's count.

    Examples
    --------
    >>> notes = (Note(0.0, 1.0, 60, bends=((0.0, 1.0),)), Note(1.0, 1.0, 62))
    >>> [(bend.beat, bend.semitones) for bend in merge_bends(Track(notes=notes)).bends]
    [(0.0, 1.0), (1.0, 0.0)]
    """
    if not any(note.bends for note in track.notes):
        return track
    onsets = [note.onset_beats for note in track.notes]
    beats = {bend.beat for bend in track.bends} | set(onsets)
    for note in track.notes:
        beats |= {note.onset_beats + beat for beat, _ in note.bends if beat < note.duration_beats}
    bends: list[Bend] = []
    for beat in sorted(beats):
        whole = bisect_right(track.bends, beat, key=lambda bend: bend.beat) - 1
        semitones = track.bends[whole].semitones if whole >= 0 else 0.0
        at = bisect_right(onsets, beat) - 1
        if at >= 0:
            own = track.notes[at].bends
            step = bisect_right(own, beat - onsets[at] + 1e-9, key=lambda bend: bend[0]) - 1
            semitones += own[step][1] if step >= 0 else 0.0
        if semitones != (bends[-1].semitones if bends else 0.0):
            bends.append(Bend(beat, semitones))
    notes = tuple(replace(note, bends=()) for note in track.notes)
    return replace(track, notes=notes, bends=tuple(bends))


def _fixed(track: Track) -> int | None:
    """Return the channel that a track has to be on, None if any will do."""
    if track.role:
        voice = VOICE_BY_ROLE.get(track.role)
        return track.channel if voice is None else voice.midi_channel
    if track.is_drums:
        return DRUM_CHANNEL
    return None if track.channel == DRUM_CHANNEL else track.channel


def _bends_in_chords(notes: Sequence[Note]) -> bool:
    """Return whether a note with its own bends sounds together with another."""
    end = float("-inf")
    bent = False
    for note in notes:
        if note.onset_beats < end and (bent or note.bends):
            return True
        bent = bool(note.bends) if note.end_beats > end else bent
        end = max(end, note.end_beats)
    return False


def _spread(track: Track, channels: Sequence[int]) -> list[Track]:
    """Deal a track's notes to channels in turn, to one that is silent if there is one."""
    notes: list[list[Note]] = [[] for _ in channels]
    ends = [float("-inf")] * len(channels)
    order = list(range(len(channels)))  # the longest unused first
    for note in track.notes:
        silent = [k for k in order if ends[k] <= note.onset_beats]
        k = silent[0] if silent else order[0]
        order.remove(k)
        order.append(k)
        notes[k].append(note)
        ends[k] = max(ends[k], note.end_beats)
    return [
        merge_bends(replace(track, channel=channel, notes=tuple(own)))
        for channel, own in zip(channels, notes, strict=True)
        if own
    ]
