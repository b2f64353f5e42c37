"""What every composing model is asked for, and what it gives."""

from collections.abc import Mapping
from dataclasses import dataclass

from chipgen.music.score import Note


@dataclass(frozen=True, slots=True)
class GenerationConfig:
    """What is asked for.

    Attributes
    ----------
    bars
        Bars to compose, at least 1.
    temperature
        Divides the logits; above 0.
    top_p
        Only the likeliest choices that make up this share are drawn from.
    key_bias
        How strongly the music is held near the seed's pitch classes: 0 not at all, 1 as usual.
    """

    bars: int = 16
    temperature: float = 1.0
    top_p: float = 0.95
    key_bias: float = 1.0


@dataclass(frozen=True, slots=True)
class Continuation:
    """What was composed.

    Attributes
    ----------
    lines
        Role (melody, harmony, bass) to its notes, onsets counted from the start of the seed.
    owners
        Role to the seed's track that plays it, or None for a new one.
    remarks
        What the user should know, a line each.
    """

    lines: Mapping[str, tuple[Note, ...]]
    owners: Mapping[str, int | None]
    remarks: tuple[str, ...] = ()
