"""Finds who plays what in a score, and where it ends."""

from chipgen.understand.parts import Parts, understand

__all__ = ["Parts", "understand"]
