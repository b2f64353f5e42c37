"""How closely a tracker's song follows the driver, at the cost of being easy to edit."""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Blur(Enum):
    """What becomes of one or two frames of other pitches at the beginning of a note."""

    LEFT_OUT = "left out"
    ARPEGGIO = "steps of the note's arpeggio"
    APART = "notes of their own"


@dataclass(frozen=True, slots=True)
class Detail:
    """What a song may take to be as the driver plays it.

    Attributes
    ----------
    worth
        Share of the song's frames that one more instrument has to mend.
    parts
        Instruments made of one, at most.
    rarest
        Share of an instrument's frames under which an envelope of its notes is given up.
    steps_an_octave
        How finely notes of one instrument are told apart by pitch.
    change
        Frames that a change of volume within a note has to put right.
    unrolls
        Whether a vibrato's envelope is written out where going round is not exact.
    blur
        What becomes of frames of other pitches at the beginning of a note.
    each_frame
        Whether volume and pitch may change on every frame: rows last one where a tracker has
        effects by row.
    """

    worth: float
    parts: int
    rarest: float
    steps_an_octave: int
    change: float
    unrolls: bool = False
    blur: Blur = Blur.LEFT_OUT
    each_frame: bool = False


DETAILS: Final = (
    Detail(0.003, 8, 0.02, 2, 4.0),
    Detail(0.0004, 16, 0.002, 12, 2.0, unrolls=True, blur=Blur.ARPEGGIO),
    Detail(0.003, 16, 0.002, 2, 0.4, blur=Blur.APART, each_frame=True),
)  # fmt: skip
"""From the one that is edited most easily to the closest."""
