"""Detects NES-MDB's MIDI among ordinary MIDI, and converts its levels."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from chipgen.music.score import NES_TRACKS, Score

DIALECTS: Final = ("gm", "nesmdb")
MAX_CHIP_LEVEL: Final = 15
MAX_MIDI_LEVEL: Final = 127

NOMINAL_BPM: Final = 120.0  # of every file of NES-MDB
_FINEST_BEATS: Final = 1 / 24  # the grid that sixteenths, triplets and thirty-seconds share
_ON_GRID_BEATS: Final = 0.002  # a tick of 480 a beat: chance alone is so near in a tenth of cases
_ON_GRID_SHARE: Final = 0.8


def detect_dialect(track_names: Iterable[str]) -> str:
    """Return ``"nesmdb"`` if every named track is one of the chip's voices, else ``"gm"``.

    Parameters
    ----------
    track_names
        The names of a file's MIDI tracks; empty ones say nothing.

    Examples
    --------
    >>> detect_dialect(["", "p1", "p2", "tr", "no"])
    'nesmdb'
    >>> detect_dialect(["p1", "Strings"])
    'gm'
    """
    names = [name for name in track_names if name]
    known = set(names) <= set(NES_TRACKS)
    return "nesmdb" if names and known and len(set(names)) == len(names) else "gm"


def has_nominal_beats(score: Score) -> bool:
    """Return whether a score's beats are only its file's, not the music's, as in NES-MDB.

    NES-MDB puts every song at 120 beats a minute, whatever its tempo, so onsets fall anywhere in
    a beat. A score of the chip's voices at another tempo, or whose onsets fall on 24ths of a beat,
    has beats of its own.

    Examples
    --------
    >>> from chipgen.music.score import Note, Track
    >>> on = Track(role="p1", notes=tuple(Note(k / 4, 0.25, 60) for k in range(16)))
    >>> off = Track(role="p1", notes=tuple(Note(k / 4.3, 0.2, 60) for k in range(16)))
    >>> [has_nominal_beats(Score((track,), dialect="nesmdb")) for track in (on, off)]
    [False, True]
    """
    if score.dialect != "nesmdb" or any(tempo.bpm != NOMINAL_BPM for tempo in score.tempos):
        return False
    onsets = np.array([note.onset_beats for track in score.tracks for note in track.notes])
    if not len(onsets):
        return True
    off = np.abs(onsets - np.rint(onsets / _FINEST_BEATS) * _FINEST_BEATS)
    return bool(np.mean(off <= _ON_GRID_BEATS) < _ON_GRID_SHARE)


def chip_to_midi_level(level: int) -> int:
    """Convert a chip volume 0–15 to a MIDI velocity or controller value 0–127.

    Examples
    --------
    >>> [chip_to_midi_level(level) for level in (0, 1, 8, 15)]
    [0, 8, 68, 127]
    """
    return round(level * MAX_MIDI_LEVEL / MAX_CHIP_LEVEL)


def midi_to_chip_level(value: int) -> int:
    """Convert a MIDI velocity or controller value 0–127 to a chip volume 0–15.

    The inverse of `chip_to_midi_level`, and monotonic between its values.

    Examples
    --------
    >>> [midi_to_chip_level(chip_to_midi_level(level)) for level in range(16)] == list(range(16))
    True
    """
    return round(value * MAX_CHIP_LEVEL / MAX_MIDI_LEVEL)
