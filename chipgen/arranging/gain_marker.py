"""Stores the gains of an arrangement in a marker, so that arranging its score again finds them."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from chipgen.music.score import Marker, Score

if TYPE_CHECKING:
    pass


MOST_GAIN: Final = 127.0  # raises the softest velocity to full volume
_GAINS: Final = re.compile(
    r"gain pulses=(\d{1,9}(?:\.\d{0,24})?) drums=(\d{1,9}(?:\.\d{0,24})?)", re.ASCII
)


def find_gains(score: Score) -> tuple[float, float] | None:
    """Return the gains of pulses and drums that a marker of the piece asks for.

    Examples
    --------
    >>> find_gains(mark_gains(Score(), (1.5, 1.0)))
    (1.5, 1.0)
    """
    for marker in score.markers:
        found = _GAINS.fullmatch(marker.text)
        if found:
            pulses, drums = (min(max(float(text), 1.0), MOST_GAIN) for text in found.groups())
            return pulses, drums
    return None


def mark_gains(score: Score, gains: tuple[float, float]) -> Score:
    """Return a piece with a marker that holds the gains of its arrangement as they are."""
    others = tuple(marker for marker in score.markers if not _GAINS.fullmatch(marker.text))
    marker = Marker(0.0, f"gain pulses={gains[0]!r} drums={gains[1]!r}")
    return replace(score, markers=(marker, *others))
