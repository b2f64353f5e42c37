"""The sizes of `row-transformer`, without torch."""

from dataclasses import dataclass
from typing import Final

INTERVALS: Final = 64  # relative logits reach 32 semitones down and 31 up
VOLUMES: Final = 16
TIMBRES: Final = 4
HARMONIES: Final = 10  # unknown, no chord or a quality; then unknown, major or minor
PLAN_WIDTH: Final = 16  # of each plan code's embedding


@dataclass(frozen=True, slots=True)
class RowTransformerConfig:
    """Sizes of the model, and which of its parts are there (for ablations).

    Attributes
    ----------
    dim, layers, heads, head_dim, mlp
        Width, depth, attention heads and their width, width of the feed-forward part.
    voice_dim
        Width of the voices' heads.
    context
        Rows seen at most.
    window, full_every
        Every `full_every`-th layer attends to the whole context, the others to `window` rows.
    copy
        Whether candidates from the song's own past are given and can be copied.
    relative
        Whether logits have a part relative to the last pitches.
    plan
        Whether it reads a plan: columns of `chipgen.rows.plan_features` behind the others.
    """

    dim: int = 320
    layers: int = 6
    heads: int = 4
    head_dim: int = 64
    mlp: int = 1024
    voice_dim: int = 256
    context: int = 512
    window: int = 128
    full_every: int = 3
    copy: bool = True
    relative: bool = True
    plan: bool = False
