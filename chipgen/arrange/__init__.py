"""Arranges polyphonic scores for the chip's four voices."""

from chipgen.arrange.arrangement import (
    Arrangement,
    Change,
    Placement,
    group_changes,
    remark_effects,
)
from chipgen.arrange.arrangement_to_score import chip_score_to_score
from chipgen.arrange.arranger import arrange
from chipgen.arrange.arranger_settings import POLY_CHOICES, ArrangeConfig
from chipgen.arrange.drum_kit import DrumSound
from chipgen.arrange.gain_marker import mark_gains
from chipgen.arrange.voice_map import parse_map

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
