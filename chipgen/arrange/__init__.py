"""Polyphony to the four voices of the chip."""

from chipgen.arrange.arranger import arrange
from chipgen.arrange.config import POLY_CHOICES, ArrangeConfig, DrumSound
from chipgen.arrange.export import chip_score_to_score
from chipgen.arrange.report import Arrangement, Placement
from chipgen.arrange.voicemap import parse_map

__all__ = [
    "POLY_CHOICES",
    "ArrangeConfig",
    "Arrangement",
    "DrumSound",
    "Placement",
    "arrange",
    "chip_score_to_score",
    "parse_map",
]
