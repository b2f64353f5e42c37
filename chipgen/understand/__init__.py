"""Who plays what in a score: its parts, and where it ends."""

from chipgen.understand.parts import Parts, understand

__all__ = ["Parts", "understand"]
