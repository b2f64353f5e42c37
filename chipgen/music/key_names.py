"""Keys and their names, without numpy."""

import difflib
import re
from dataclasses import dataclass
from typing import Final

from chipgen.errors import ChipgenError

_SCALES: Final = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10, 11)}
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
        """Its name, such as ``"Eb major"``."""
        return f"{self.signature.rstrip('m')} {self.mode}".strip()

    @property
    def signature(self) -> str:
        """What MIDI calls it, such as ``"Eb"`` or ``"F#m"``."""
        minor = self.mode == "minor"
        return (_MINOR_NAMES if minor else _MAJOR_NAMES)[self.tonic] + "m" * minor

    @property
    def accidental(self) -> str:
        """What it is written with, ``"#"`` or ``"b"``; empty for C major and A minor."""
        letter, sign = self.signature[0], self.signature[1:2]
        if sign in ("#", "b"):
            return sign
        if self.mode == "minor":
            return "#" if letter in "EB" else "b" if letter in "DGCF" else ""
        return "#" if letter in "GDAEB" else "b" if letter == "F" else ""

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
        near = difflib.get_close_matches(german[:40].capitalize(), known, 1, 0.0)
        raise ChipgenError(
            f"'{name[:40]}' is no key; nearest is '{near[0]}' (as in D minor, Eb, F#m)"
        )
    letter, sign, mode = (part or "" for part in found.groups())
    tonic = _NATURALS[letter.upper()]
    tonic += {"#": 1, "♯": 1, "s": 1, "b": -1, "♭": -1, "f": -1}.get(sign[:1].lower(), 0)
    is_minor = mode == "m" or mode.lower().startswith("min")
    return Key(tonic % 12, "minor" if is_minor else "major" if mode else "")
