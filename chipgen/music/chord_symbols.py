"""Chords as musicians write them, such as ``Am`` or ``F#7``, read as a root and a plain quality."""

import re
from dataclasses import dataclass
from typing import Final

from chipgen.errors import ChipgenError

# What is written behind the root, and what it is taken as: sevenths of major and minor chords,
# ninths and sixths colour a chord, and two voices and a bass are too few to distinguish them.
QUALITIES: Final = ("maj", "min", "7", "sus", "dim")
_SUFFIXES: Final = {
    "": "maj", "maj": "maj", "maj7": "maj", "M7": "maj", "6": "maj", "add9": "maj", "5": "maj",
    "m": "min", "min": "min", "-": "min", "m7": "min", "min7": "min", "m6": "min", "m9": "min",
    "7": "7", "9": "7", "13": "7", "sus": "sus", "sus2": "sus", "sus4": "sus", "7sus4": "sus",
    "dim": "dim", "dim7": "dim", "m7b5": "dim", "o": "dim",
}  # fmt: skip
_NATURALS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_CHORD: Final = re.compile(r"([A-G])([#b]?)([^/\s]*)(?:/[A-G][#b]?)?")
_MOST_CHORDS: Final = 256


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord.

    Attributes
    ----------
    root
        Pitch class, 0 is C.
    quality
        One of `QUALITIES`.
    text
        How it was written.
    """

    root: int
    quality: str
    text: str

    def __str__(self) -> str:
        return self.text


def read_chords(text: str) -> tuple[Chord, ...]:
    """Read a progression such as ``C Am F G``; bar lines between chords are ignored.

    Raises
    ------
    ChipgenError
        If a word is no chord; the message names it.

    Examples
    --------
    >>> [(chord.root, chord.quality) for chord in read_chords("Am7 | F#dim G/B")]
    [(9, 'min'), (6, 'dim'), (7, 'maj')]
    """
    words = text.replace("|", " ").replace(",", " ").split()
    if not 1 <= len(words) <= _MOST_CHORDS:
        raise ChipgenError(f"{len(words)} chords; give 1 to {_MOST_CHORDS}, such as C Am F G")
    return tuple(_read_chord(word) for word in words)


def _read_chord(word: str) -> Chord:
    found = _CHORD.fullmatch(word)
    quality = _SUFFIXES.get(found[3]) if found else None
    if found is None or quality is None:
        raise ChipgenError(
            f"'{word[:40]}' is no chord that can be planned; write a root and one of "
            f"{', '.join(name for name in _SUFFIXES if name)}: C, F#m, Bb7"
        )
    shift = {"": 0, "#": 1, "b": -1}[found[2]]
    return Chord((_NATURALS[found[1]] + shift) % 12, quality, word)
