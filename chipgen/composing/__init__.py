"""Composes: continues, rewrites and begins scores with a model."""

from chipgen.composing.composition import Composition, complete_seed, compose, stream
from chipgen.composing.dispatch import make_piece
from chipgen.composing.from_scratch import compose_from_scratch
from chipgen.composing.passages import Passage
from chipgen.composing.rewrite import rewrite

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
