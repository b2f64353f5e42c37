"""Arranges polyphonic scores for the chip's four voices."""

from chipgen.arranging.arrangement import (
    Arrangement,
    Change,
    Placement,
    group_changes,
    remark_effects,
)
from chipgen.arranging.arrangement_to_score import chip_score_to_score
from chipgen.arranging.arranger import arrange
from chipgen.arranging.arranger_settings import POLY_CHOICES, ArrangeConfig
from chipgen.arranging.drum_kit import DrumSound
from chipgen.arranging.gain_marker import mark_gains
from chipgen.arranging.voice_map import parse_map

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
