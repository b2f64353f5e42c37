"""Names of keys to keys, scores to the key they are in, and scores moved into another key.

The key is found by the method of Albrecht and Shanahan ("The Use of Large Corpora to Train a New
Type of Key-Finding Algorithm", Music Perception 31, 2013): of 24 keys, the one whose share of
sounding time by pitch class lies nearest to the piece's, by Euclidean distance.
"""

import difflib
import re
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.errors import ChipgenError
from chipgen.music.note_grid import pitched_tracks
from chipgen.music.score import Score, Track
from synth.chip.voices import VOICE_BY_ROLE

# Shares of sounding time from the tonic upwards: Albrecht and Shanahan 2013, table 2.
_MAJOR: Final = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR: Final = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)
_PROFILES: Final = {"major": np.array(_MAJOR), "minor": np.array(_MINOR)}
_SCALES: Final = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10, 11)}
_SIGNATURE_SLACK: Final = 1.2  # a file's own key stands if its distance is at most so many times
_NATURALS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
# As MIDI's key signatures spell them, by pitch class.
_MAJOR_NAMES: Final = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR_NAMES: Final = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
_SPELLING: Final = re.compile(
    r"([A-Ga-g])\s*(#|♯|b|♭|sharp|flat)?\s*(m|min|minor|maj|major)?", re.I
)


@dataclass(frozen=True, slots=True)
class Key:
    """A key.

    Attributes
    ----------
    tonic
        Pitch class 0–11, C is 0.
    mode
        ``"major"``, ``"minor"``, or empty where only the tonic was named.
    """

    tonic: int
    mode: str = ""

    @property
    def name(self) -> str:
        """What it is called, such as ``"Eb major"``."""
        return f"{self.signature.rstrip('m')} {self.mode}".strip()

    @property
    def signature(self) -> str:
        """What MIDI calls it, such as ``"Eb"`` or ``"F#m"``."""
        minor = self.mode == "minor"
        return (_MINOR_NAMES if minor else _MAJOR_NAMES)[self.tonic] + "m" * minor

    @property
    def scale(self) -> frozenset[int]:
        """Its pitch classes; in minor both sevenths."""
        return frozenset((self.tonic + step) % 12 for step in _SCALES[self.mode or "major"])


def parse_key(name: str) -> Key:
    """Read the name of a key.

    Raises
    ------
    ChipgenError
        If it is no key; the message names the nearest one.

    Examples
    --------
    >>> [parse_key(name).name for name in ("D minor", "Eb", "f#m", "B flat major")]
    ['D minor', 'Eb', 'F# minor', 'Bb major']
    """
    found = _SPELLING.fullmatch(name.strip())
    if found is None:
        known = [letter + sign for letter in "CDEFGAB" for sign in ("", "b", "#")]
        known += [f"{one}{mode}" for one in known for mode in ("m", " major", " minor")]
        german = re.sub("^[Hh]", "B", name.strip())  # a German H is a B
        near = difflib.get_close_matches(german.capitalize(), known, 1, 0.0)
        raise ChipgenError(f"'{name}' is no key; nearest is '{near[0]}' (as in D minor, Eb, F#m)")
    letter, sign, mode = (part or "" for part in found.groups())
    tonic = _NATURALS[letter.upper()]
    tonic += {"#": 1, "♯": 1, "s": 1, "b": -1, "♭": -1, "f": -1}.get(sign[:1].lower(), 0)
    is_minor = mode == "m" or mode.lower().startswith("min")
    return Key(tonic % 12, "minor" if is_minor else "major" if mode else "")


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
    return {
        Key(tonic, mode): float(np.linalg.norm(shares - np.roll(profile / profile.sum(), tonic)))
        for mode, profile in _PROFILES.items()
        for tonic in range(12)
    }


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
