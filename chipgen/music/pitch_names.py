"""Names of pitches, such as C4 and F#-1, and their MIDI numbers."""

from typing import Final

PITCH: Final = r"\d{1,3}|[A-Ga-g][#b]?-?\d"
"""What a pitch is written as, for a regular expression in ASCII: a number, or a name."""

_NAMES: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def read_pitch(text: str) -> int:
    """Return the MIDI number of a pitch that is written as `PITCH` says; C4 is 60.

    Examples
    --------
    >>> [read_pitch(text) for text in ("36", "C4", "Bb3", "F#-1")]
    [36, 60, 58, 6]
    """
    if text[0].isdigit():
        return int(text)
    accidental = {"#": 1, "b": -1}.get(text[1], 0)
    octave = int(text[2:] if accidental else text[1:])
    return 12 * (octave + 1) + _NAMES.index(text[0].upper()) + accidental


def pitch_name(pitch: int) -> str:
    """Return a pitch's name; its black keys have sharps.

    Examples
    --------
    >>> pitch_name(60), pitch_name(58), pitch_name(6)
    ('C4', 'A#3', 'F#-1')
    """
    return f"{_NAMES[pitch % 12]}{pitch // 12 - 1}"
