"""Key changes behind the beginning of a piece: markers in scores, key signatures in MIDI files."""

import re
from typing import Final

from chipgen.music.score import Marker

MAJOR_SIGNATURES: Final = (
    "Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#",
)  # fmt: skip
MINOR_SIGNATURES: Final = tuple(
    tonic + "m"
    for tonic in ("Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#")
)
_CHANGE: Final = re.compile(r"key ([A-G][b#]?m?)", re.ASCII)


def key_change(beat: float, signature: str) -> Marker:
    """Return the marker from which on a key holds, by its signature as MIDI writes it."""
    return Marker(beat, f"key {signature}")


def changed_key(marker: Marker) -> str:
    """Return the signature of the key that a marker changes to; empty if it changes none.

    Examples
    --------
    >>> changed_key(key_change(8.0, "Dm")), changed_key(Marker(8.0, "key change"))
    ('Dm', '')
    """
    found = _CHANGE.fullmatch(marker.text)
    known = (*MAJOR_SIGNATURES, *MINOR_SIGNATURES)
    return found[1] if found and found[1] in known else ""
