"""Reads the role of a track from its General MIDI program."""

from typing import Final

# General MIDI 1, program numbers from 0. How much a program speaks for the tune, and against it.
_TUNE: Final[tuple[tuple[range, float], ...]] = (
    (range(80, 88), 1.0),  # synth leads
    (range(64, 80), 1.0),  # reeds and pipes
    (range(56, 57), 0.8),  # trumpet
    (range(40, 41), 0.6),  # violin
    (range(110, 112), 0.8),  # fiddle and shanai
    (range(22, 23), 0.6),  # harmonica
    (range(29, 31), 0.3),  # guitars with distortion
    (range(26, 27), 0.2),
    (range(42, 43), 0.2),
    (range(10, 14), 0.2),  # music box, vibraphone, marimba, xylophone
    (range(44, 46), -1.2),  # tremolo and pizzicato strings
    (range(48, 52), -0.7),  # string ensembles
    (range(52, 55), -0.2),  # choirs
    (range(55, 56), -1.5),  # orchestra hit
    (range(61, 64), -0.3),  # brass sections
    (range(88, 96), -1.2),  # pads
    (range(96, 104), -0.6),  # synth effects, which are pads for the most part
    (range(112, 113), -1.5),  # tinkle bell
)
LEADS: Final = range(80, 88)  # synth leads
BASSES: Final = frozenset({*range(32, 40), 43, 58})  # basses, contrabass, tuba

# Sound effects and unpitched percussion that a program plays: the GM drum that sounds most like
# it, or 0 for a sound that the chip has no voice for.
EFFECTS: Final[dict[int, int]] = {
    47: 41,  # timpani
    113: 67,  # agogo
    115: 76,  # woodblock
    116: 41,  # taiko
    117: 45,  # melodic tom
    118: 38,  # synth drum
    119: 49,  # reverse cymbal
    120: 0,  # guitar fret noise
    121: 0,  # breath noise
    122: 0,  # seashore
    123: 0,  # bird
    124: 0,  # telephone
    125: 0,  # helicopter
    126: 0,  # applause
    127: 38,  # gunshot
}


def tune_weight(program: int) -> float:
    """Return how much a General MIDI program (0–127) speaks for the tune; below 0 against it.

    Examples
    --------
    >>> tune_weight(73), tune_weight(89), tune_weight(0)
    (1.0, -1.2, 0.0)
    """
    return next((weight for programs, weight in _TUNE if program in programs), 0.0)
