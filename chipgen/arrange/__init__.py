"""Arranges polyphonic scores for the chip's four voices."""

from chipgen.arrange.arrangement import (
    Arrangement,
    Change,
    Placement,
    group_changes,
    remark_effects,
)
from chipgen.arrange.arranger import arrange, mark_gains
from chipgen.arrange.config import POLY_CHOICES, ArrangeConfig, DrumSound
from chipgen.arrange.to_score import chip_score_to_score
from chipgen.arrange.voicemap import parse_map

__all__ = [
    "POLY_CHOICES",
    "ArrangeConfig",
    "Arrangement",
    "Change",
    "DrumSound",
    "Placement",
    "arrange",
    "chip_score_to_score",
    "group_changes",
    "mark_gains",
    "parse_map",
    "remark_effects",
]
