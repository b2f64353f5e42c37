"""Composes: continues, rewrites and begins scores with a model."""

from chipgen.compose.composition import Composition, complete_seed, compose, stream
from chipgen.compose.dispatch import make_piece
from chipgen.compose.from_scratch import compose_from_scratch
from chipgen.compose.passages import Passage
from chipgen.compose.rewrite import rewrite

__all__ = [
    "Composition",
    "Passage",
    "complete_seed",
    "compose",
    "compose_from_scratch",
    "make_piece",
    "rewrite",
    "stream",
]
