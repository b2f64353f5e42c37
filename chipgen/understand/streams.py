"""Splits a score into streams: the notes of one player that are one kind of part."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from chipgen.music.played_notes import PlayedNote

_WINDOW_NOTES: Final = 12  # to either side of a place where a player may take another part
_JUMP_SEMITONES: Final = 15.0
_OVERLAP_S: Final = 0.03  # legato's small overlaps are no chords


@dataclass(frozen=True, slots=True)
class Stream:
    """A stretch of one track in which it plays one part.

    Attributes
    ----------
    track
        Position in `Score.tracks`.
    notes
        Sorted by onset, then from the highest down.
    chord_share
        Share of its notes that begin while another of them sounds on, 0–1.
    """

    track: int
    notes: tuple[PlayedNote, ...]
    chord_share: float

    @property
    def is_line(self) -> bool:
        """Whether it sounds one note at a time, but for a few overlaps."""
        return self.chord_share < 0.1


def find_streams(notes: Sequence[PlayedNote]) -> list[Stream]:
    """Split tracks where their player goes over to another part.

    A track that plays single notes is split where it changes register permanently, as where a
    bass line becomes a tune.

    Parameters
    ----------
    notes
        What pitched tracks play, sorted by onset, then from the highest down.
    """
    by_track: dict[int, list[PlayedNote]] = {}
    for note in _end_when_struck_again(notes):
        by_track.setdefault(note.track, []).append(note)
    streams = []
    for track, own in sorted(by_track.items()):
        share = chord_share(own)
        cuts = _register_jumps(own) if share < 0.1 else []
        for first, last in zip([0, *cuts], [*cuts, len(own)], strict=True):
            part = tuple(own[first:last])
            streams.append(Stream(track, part, chord_share(part) if cuts else share))
    return streams


def chord_share(notes: Sequence[PlayedNote]) -> float:
    """Return the share of notes that begin while an earlier one of them sounds on."""
    together, latest_s = 0, -1.0
    for note in notes:
        together += note.start_s < latest_s - _OVERLAP_S
        latest_s = max(latest_s, note.end_s)
    return together / len(notes) if notes else 0.0


def _end_when_struck_again(notes: Sequence[PlayedNote]) -> list[PlayedNote]:
    """End each note where its track strikes the same pitch again: two voices that share a staff."""
    ended: list[PlayedNote] = []
    again_s: dict[tuple[int, int], float] = {}
    for note in reversed(notes):
        key = note.track, note.pitch
        until_s = again_s.get(key, note.end_s)
        if note.start_s < until_s < note.end_s:
            ended.append(replace(note, end_s=until_s, tail_s=min(note.tail_s, until_s)))
        else:
            ended.append(note)
        again_s[key] = note.start_s
    return ended[::-1]


def _register_jumps(notes: Sequence[PlayedNote]) -> list[int]:
    """Return the places where a line's register changes permanently."""
    pitches = [note.pitch for note in notes]
    cuts: list[int] = []
    k = _WINDOW_NOTES
    while k <= len(pitches) - _WINDOW_NOTES:
        before, after = pitches[k - _WINDOW_NOTES : k], pitches[k : k + _WINDOW_NOTES]
        up = min(after) > max(before)
        down = max(after) < min(before)
        if (up or down) and abs(median(after) - median(before)) >= _JUMP_SEMITONES:
            cuts.append(k)
            k += _WINDOW_NOTES
        else:
            k += 1
    return cuts
