"""A seed and a model to a longer score: the seed, and the bars composed on from it.

torch is loaded only when a model is.
"""

import importlib
from dataclasses import dataclass
from typing import Any, Final

from chipgen.compose.assemble import assemble, cut_before
from chipgen.errors import ChipgenError
from chipgen.models.generation import Continuation, GenerationConfig
from chipgen.models.registry import model_entry
from chipgen.music.drumming import DRUM_CHOICES
from chipgen.music.parts import find_frame
from chipgen.music.score import Score

MAX_BARS: Final = 4096


@dataclass(frozen=True, slots=True)
class ComposeConfig:
    """How to compose.

    Attributes
    ----------
    bars
        Bars to compose, 1–4096.
    temperature
        How freely notes are chosen, above 0: below 1 safer, above 1 wilder.
    top_p
        Only the likeliest choices that make up this share are drawn from, above 0 to 1.
    drums
        ``"seed"`` carries the seed's own drum pattern on, ``"preset"`` plays a plain kit,
        ``"none"`` leaves drums out of the composed bars.
    without_seed
        Whether the score begins with the first composed bar.
    key_bias
        How strongly the music is held near the seed's pitch classes; 0 leaves the model alone.
    """

    bars: int = 16
    temperature: float = 1.0
    top_p: float = 0.95
    drums: str = "seed"
    without_seed: bool = False
    key_bias: float = 1.0

    def __post_init__(self) -> None:
        if not 1 <= self.bars <= MAX_BARS:
            raise ChipgenError(f"{self.bars} bars cannot be composed; give 1 to {MAX_BARS}")
        if not self.temperature > 0:
            raise ChipgenError(f"temperature {self.temperature} is not above 0; 1 is usual")
        if not 0 < self.top_p <= 1:
            raise ChipgenError(f"top-p {self.top_p} is not above 0 and up to 1; 0.95 is usual")
        if self.drums not in DRUM_CHOICES:
            raise ChipgenError(
                f"drums '{self.drums}' are unknown; choose one of {', '.join(DRUM_CHOICES)}"
            )
        if not self.key_bias >= 0:
            raise ChipgenError(f"key bias {self.key_bias} is negative; 0 turns it off")


@dataclass(frozen=True, slots=True)
class Composition:
    """A piece to be heard: what was composed, or a seed as it is.

    Attributes
    ----------
    score
        The seed and its continuation, or the continuation alone.
    seed_bars, generated_bars
        Bars of each in the score.
    model
        The model's name; empty if nothing was composed.
    rng_seed
        The number that makes this take again.
    remarks
        What the user should know, a line each.
    """

    score: Score
    seed_bars: int
    generated_bars: int
    model: str = ""
    rng_seed: int = 0
    remarks: tuple[str, ...] = ()


def compose(
    seed: Score, model_name: str, config: ComposeConfig | None = None, rng_seed: int = 0
) -> Composition:
    """Let a model compose on from a seed.

    The continuation begins at the bar line where the seed ends, in the seed's meter and its
    prevailing tempo, and is played by the seed's own tracks where their roles are clear.

    Parameters
    ----------
    seed
        At least a beat of pitched notes. Notes outside a model's range are folded into it, and
        the answer's remarks say so.
    model_name
        A shipped model's name, or the path of a checkpoint.
    config
        Length, freedom, drums.
    rng_seed
        0 to 2³² − 1; the same number gives the same notes.

    Raises
    ------
    ChipgenError
        If the seed is empty or too short, or the model does not exist.
    """
    config = config or ComposeConfig()
    if not 0 <= rng_seed < 2**32:
        raise ChipgenError(f"seed number {rng_seed} is out of range; give 0 to {2**32 - 1}")
    frame = find_frame(seed)
    model = _load(model_name)
    composer = importlib.import_module(model_entry(model.name).composer)
    wishes = GenerationConfig(config.bars, config.temperature, config.top_p, config.key_bias)
    continuation: Continuation = composer.continue_seed(model, seed, frame, wishes, rng_seed)
    score = assemble(seed, frame, continuation, config.bars, config.drums)
    if config.without_seed:
        score = cut_before(score, frame.start_beats)
    return Composition(
        score=score,
        seed_bars=0 if config.without_seed else frame.seed_bars,
        generated_bars=config.bars,
        model=model.name,
        rng_seed=rng_seed,
        remarks=continuation.remarks,
    )


def _load(model_name: str) -> Any:
    from chipgen.models.checkpoint import load_model  # torch

    return load_model(model_name)
