"""What FamiStudio calls channels and notes."""

from typing import Final

CHANNELS: Final = {
    "pulse1": "Square1", "pulse2": "Square2", "triangle": "Triangle", "noise": "Noise",
    "dmc": "DPCM",
}  # fmt: skip
NAMES: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FIRST_NOISE: Final = 31  # the note that is the lowest noise; one more for each period


def note_name(note: int) -> str:
    """Return FamiStudio's name of a note.

    Examples
    --------
    >>> note_name(0), note_name(45)
    ('C0', 'A3')
    """
    return f"{NAMES[note % 12]}{note // 12}"
