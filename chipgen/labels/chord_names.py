"""Numbers and names of chords."""

from typing import Final

from chipgen.music.chord_symbols import QUALITIES
from chipgen.rows.plan_features import CHORDS

__all__ = ["CHORDS", "CHORD_NAMES", "NO_CHORD", "QUALITIES", "chord_number"]

NO_CHORD: Final = 0
_ROOTS: Final = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_SUFFIXES: Final = {"maj": "", "min": "m", "7": "7", "sus": "sus", "dim": "dim"}
CHORD_NAMES: Final = (
    "N",
    *(root + _SUFFIXES[quality] for root in _ROOTS for quality in QUALITIES),
)


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
