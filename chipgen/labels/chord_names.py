"""Numbers and names of chords."""

from typing import Final

from chipgen.music.chord_symbols import QUALITIES, Chord
from chipgen.music.key_names import Key
from chipgen.rows.plan_features import CHORDS

__all__ = [
    "CHORDS", "CHORD_NAMES", "NO_CHORD", "QUALITIES", "chord_classes", "chord_name", "chord_number",
    "number_of",
]  # fmt: skip

NO_CHORD: Final = 0
_ROOTS: Final = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_ROOTS_WITH: Final = {
    "#": ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"),
    "b": ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"),
    "": _ROOTS,
}
_SUFFIXES: Final = {"maj": "", "min": "m", "7": "7", "sus": "sus", "dim": "dim"}
_STEPS: Final = {  # semitones above the root
    "maj": (0, 4, 7), "min": (0, 3, 7), "7": (0, 4, 7, 10), "sus": (0, 5, 7), "dim": (0, 3, 6)
}  # fmt: skip
CHORD_NAMES: Final = (
    "N",
    *(root + _SUFFIXES[quality] for root in _ROOTS for quality in QUALITIES),
)


def chord_name(chord: int, key: Key) -> str:
    """Return a chord's name as it is written in a key.

    Examples
    --------
    >>> chord = CHORD_NAMES.index("Dbm")
    >>> chord_name(chord, Key(9, "major")), chord_name(chord, Key(8, "major"))
    ('C#m', 'Dbm')
    """
    if chord == NO_CHORD:
        return CHORD_NAMES[NO_CHORD]
    root, quality = divmod(chord - 1, len(QUALITIES))
    return _ROOTS_WITH[key.accidental][root] + _SUFFIXES[QUALITIES[quality]]


def chord_number(root: int, quality: int) -> int:
    """Return the number of a chord.

    Parameters
    ----------
    root
        Pitch class, 0 is C.
    quality
        Index into `QUALITIES`.

    Examples
    --------
    >>> CHORD_NAMES[chord_number(9, QUALITIES.index("min"))]
    'Am'
    """
    return 1 + root % 12 * len(QUALITIES) + quality


def number_of(chord: Chord) -> int:
    """Return the number of a chord that was read.

    Examples
    --------
    >>> from chipgen.music.chord_symbols import read_chords
    >>> [CHORD_NAMES[number_of(chord)] for chord in read_chords("Am7 F")]
    ['Am', 'F']
    """
    return chord_number(chord.root, QUALITIES.index(chord.quality))


def chord_classes(chord: int) -> tuple[int, ...]:
    """Return a chord's pitch classes, the root first; none for no chord.

    Examples
    --------
    >>> chord_classes(chord_number(9, QUALITIES.index("min"))), chord_classes(NO_CHORD)
    ((9, 0, 4), ())
    """
    if chord == NO_CHORD:
        return ()
    root, quality = divmod(chord - 1, len(QUALITIES))
    return tuple((root + step) % 12 for step in _STEPS[QUALITIES[quality]])
