"""Who plays what in a score: its parts, and where it ends."""

from chipgen.understand.parts import Parts, understand
from chipgen.understand.seed_lines import ROLES, Part

__all__ = ["ROLES", "Part", "Parts", "understand"]
