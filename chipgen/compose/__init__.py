"""A seed and a model to a longer score."""

from chipgen.compose.assemble import Passage
from chipgen.compose.piece import MAX_BARS, ComposeConfig, Composition, compose, stream
from chipgen.compose.rewrite import rewrite
from chipgen.compose.scratch import ScratchConfig, compose_from_scratch
from chipgen.compose.wishes import Wishes, make_piece

__all__ = [
    "MAX_BARS",
    "ComposeConfig",
    "Composition",
    "Passage",
    "ScratchConfig",
    "Wishes",
    "compose",
    "compose_from_scratch",
    "make_piece",
    "rewrite",
    "stream",
]
