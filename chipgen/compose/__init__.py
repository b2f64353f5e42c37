"""A seed and a model to a longer score."""

from chipgen.compose.assemble import Passage
from chipgen.compose.piece import Composition, compose, stream
from chipgen.compose.rewrite import rewrite
from chipgen.compose.scratch import compose_from_scratch
from chipgen.compose.tasks import make_piece

__all__ = [
    "Composition",
    "Passage",
    "compose",
    "compose_from_scratch",
    "make_piece",
    "rewrite",
    "stream",
]
