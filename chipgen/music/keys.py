"""Finds the key of a score, and transposes scores.

The key is found by the method of Albrecht and Shanahan ("The Use of Large Corpora to Train a New
Type of Key-Finding Algorithm", Music Perception 31, 2013): of 24 keys, the one whose share of
sounding time by pitch class lies nearest to the piece's, by Euclidean distance.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.key_names import Key, parse_key
from chipgen.music.note_grid import pitched_tracks
from chipgen.music.score import Score, Track
from synth.chip.voices import VOICE_BY_ROLE

# Shares of sounding time from the tonic upwards: Albrecht and Shanahan 2013, table 2.
_MAJOR: Final = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR: Final = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)
_PROFILES: Final = {"major": np.array(_MAJOR), "minor": np.array(_MINOR)}
# Shares of each pitch class in each key, C to B major, then minor; shape (24, 12), rows sum to 1.
KEY_PROFILES: Final = np.array(
    [np.roll(p / p.sum(), tonic) for p in _PROFILES.values() for tonic in range(12)]
)
_SIGNATURE_SLACK: Final = 1.2  # a file's own key stands if its distance is at most so many times


def detect_key(score: Score) -> Key | None:
    """Find a piece's key; None if nothing in it has a pitch.

    The key signature of the file decides between keys that fit about equally well, as a key and
    its relative often do.

    Examples
    --------
    >>> from chipgen.music.score import Note
    >>> tune = tuple(Note(float(k), 1.0, p) for k, p in enumerate([57, 60, 64, 62, 64, 56, 57]))
    >>> detect_key(Score((Track(notes=tune),))).name
    'A minor'
    """
    shares = pitch_class_shares(score)
    if shares is None:
        return None
    distances = _distances(shares)
    nearest = nearest_key(shares)
    if score.key:
        told = parse_key(score.key)
        told = told if told.mode else Key(told.tonic, "major")
        if distances[told] <= _SIGNATURE_SLACK * distances[nearest]:
            return told
    return nearest


def nearest_key(shares: NDArray[np.float64]) -> Key:
    """Return the key nearest to shares of sounding time by pitch class, shape (12,), sum 1."""
    distances = _distances(shares)
    return min(distances, key=lambda key: distances[key])


def pitch_class_shares(score: Score) -> NDArray[np.float64] | None:
    """Return the share of sounding time that each pitch class has, shape (12,); None if silent."""
    shares = np.zeros(12)
    for track in pitched_tracks(score):
        for note in track.notes:
            shares[note.pitch % 12] += note.duration_beats
    return shares / shares.sum() if shares.any() else None


def transpose(score: Score, semitones: int) -> Score:
    """Move all pitched notes by so many semitones; drums and noise stay as they are.

    Notes that would leave MIDI's range, or the range of the chip's voice that plays them, are moved
    on by octaves.

    Examples
    --------
    >>> from chipgen.music.score import Note
    >>> moved = transpose(Score((Track(notes=(Note(0.0, 1.0, 60),)),), key="C"), -3)
    >>> moved.tracks[0].notes[0].pitch, moved.key
    (57, 'A')
    """
    key = ""
    if score.key:
        was = parse_key(score.key)
        key = replace(was, tonic=(was.tonic + semitones) % 12).signature
    tracks = tuple(_moved(track, semitones) for track in score.tracks)
    return replace(score, tracks=tracks, key=key)


def into_key(score: Score, wanted: Key) -> tuple[Score, str]:
    """Move a piece into another key, by no more than six semitones.

    A mode cannot be moved into: a piece in minor stays in minor.

    Returns
    -------
    moved : Score
        With the key it is now in as its key signature.
    remark
        What was done, to be told the user.
    """
    found = detect_key(score)
    if found is None:
        return score, "nothing in the seed has a pitch, so it was not transposed"
    semitones = (wanted.tonic - found.tonic + 5) % 12 - 5
    now = Key(wanted.tonic, found.mode)
    moved = replace(transpose(score, semitones), key=now.signature)
    remark = f"the seed was heard in {found.name} and moved by {semitones:+d} semitones"
    if not semitones:
        remark = f"the seed was heard in {found.name} already"
    if wanted.mode and wanted.mode != found.mode:
        remark += f"; moving it makes no {wanted.mode} of {found.mode}, so it is in {now.name}"
    return moved, remark


def _distances(shares: NDArray[np.float64]) -> dict[Key, float]:
    away = np.linalg.norm(shares - KEY_PROFILES, axis=1).tolist()
    keys = (Key(tonic, mode) for mode in _PROFILES for tonic in range(12))
    return dict(zip(keys, away, strict=True))


def _moved(track: Track, semitones: int) -> Track:
    if track.is_drums or track.role == "no" or not semitones:
        return track
    voice = VOICE_BY_ROLE.get(track.role)
    low, high = (0, 127) if voice is None else voice.midi_range

    def fold(was: int) -> int:
        bottom, top = (low, high) if low <= was <= high else (0, 127)
        pitch = was + semitones
        while pitch < bottom:
            pitch += 12
        while pitch > top:
            pitch -= 12
        return pitch

    notes = (replace(note, pitch=fold(note.pitch)) for note in track.notes)
    return replace(track, notes=tuple(sorted(notes)))
