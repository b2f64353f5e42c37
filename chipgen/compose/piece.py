"""A seed and a model to a longer score: the seed, and the bars composed on from it.

torch is loaded only when a model is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chipgen.compose.assemble import (
    Passage,
    collect,
    controls_in_force,
    cut_before,
    moved,
    passages,
)
from chipgen.compose.composer import load_composer
from chipgen.compose.drum_patterns import DRUM_CHOICES
from chipgen.compose.loop import LOOP_CHOICES, close_loop, loop_start_beats
from chipgen.errors import ChipgenError
from chipgen.models.generation import Continuation, GenerationConfig
from chipgen.music.score import Score
from chipgen.rows.prompt import Prompt
from chipgen.understand.ending import Ending

if TYPE_CHECKING:
    from chipgen.compose.provenance import Making

MAX_BARS: Final = 4096


@dataclass(frozen=True, slots=True)
class ComposeConfig:
    """How to compose.

    Attributes
    ----------
    bars
        Bars to compose, 1–4096; None, which only `stream` takes, goes on for ever.
    temperature
        How freely notes are chosen, above 0: below 1 safer, above 1 wilder.
    top_p
        Only the likeliest choices that make up this share are drawn from, above 0 to 1.
    drums
        ``"seed"`` lets the model write drums where it can and the seed has some, and carries the
        seed's own pattern on where it cannot; ``"preset"`` plays a plain kit, ``"none"`` leaves
        drums out of the composed bars.
    without_seed
        Whether the score begins with the first composed bar.
    key_bias
        How strongly the music is held near the seed's pitch classes; 0 leaves the model alone.
    loop
        ``"piece"`` marks the whole piece as a loop, ``"composed"`` only the composed bars, after
        which the seed is an introduction; the end is composed so that it leads back.
    """

    bars: int | None = 16
    temperature: float = 1.0
    top_p: float = 0.95
    drums: str = "seed"
    without_seed: bool = False
    key_bias: float = 1.0
    loop: str = ""

    def __post_init__(self) -> None:
        if self.bars is not None and not 1 <= self.bars <= MAX_BARS:
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
        if self.loop not in LOOP_CHOICES:
            raise ChipgenError(f"loop '{self.loop}' is unknown; choose 'piece' or 'composed'")


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
    done
        What was done, in a few words, where it was no continuation.
    making
        What it was made from, if that can be said in a command line.
    """

    score: Score
    seed_bars: int
    generated_bars: int
    model: str = ""
    rng_seed: int = 0
    remarks: tuple[str, ...] = ()
    done: str = ""
    making: "Making | None" = None


def compose(
    seed: Score | Prompt,
    model_name: str,
    config: ComposeConfig | None = None,
    rng_seed: int = 0,
    on_passage: Callable[[Passage], None] | None = None,
) -> Composition:
    """Let a model compose on from a seed: what `stream` yields, put together.

    The continuation begins at the bar line where the seed ends, in the seed's meter and its
    prevailing tempo, and is played by the seed's own tracks where their roles are clear.

    Parameters
    ----------
    seed
        At least a beat of pitched notes; a `Prompt` if it has been read. Notes outside a model's
        range are folded into it, and the answer's remarks say so.
    model_name
        A shipped model's name, or the path of a checkpoint.
    config
        Length, freedom, drums.
    rng_seed
        0 to 2³² − 1; the same number gives the same notes.
    on_passage
        Called with each passage as soon as it is there; what it raises ends the composing.

    Raises
    ------
    ChipgenError
        If the seed is empty or too short, or the model does not exist, or no length is given.
    """
    config = config or ComposeConfig()
    if config.bars is None:
        raise ChipgenError("a piece without an end can be streamed, but not composed: give bars")
    prompt = Prompt.of(seed)
    ending, model, made = _begin(prompt, model_name, config, rng_seed)
    seed = prompt.seed
    score = collect(seed, ending, _told(passages(seed, ending, made, config.drums), on_passage))
    loop_start = loop_start_beats(seed) if config.loop == "piece" else ending.start_beats
    if config.without_seed:
        score = cut_before(score, ending.start_beats)
        loop_start = 0.0
    if config.loop:
        score = close_loop(score, loop_start)
    return Composition(
        score=score,
        seed_bars=0 if config.without_seed else ending.seed_bars,
        generated_bars=config.bars,
        model=model,
        rng_seed=rng_seed,
        remarks=made.remarks,
    )


def stream(
    seed: Score | Prompt, model_name: str, config: ComposeConfig | None = None, rng_seed: int = 0
) -> Iterator[Passage]:
    """Compose on from a seed passage by passage, each as soon as it is there.

    The passages hold the very notes of `compose`'s score with the same arguments. With
    ``bars=None`` they go on for ever, in constant memory.

    Parameters
    ----------
    seed, model_name, config, rng_seed
        As for `compose`.

    Yields
    ------
    Passage
        A bar or a few, in beats of the finished piece.

    Raises
    ------
    ChipgenError
        As `compose`, before the first passage.
    """
    config = config or ComposeConfig()
    prompt = Prompt.of(seed)
    ending, _, made = _begin(prompt, model_name, config, rng_seed)
    seed = prompt.seed
    played = passages(seed, ending, made, config.drums)
    return _from_zero(seed, ending, played) if config.without_seed else played


def _told(
    played: Iterator[Passage], on_passage: Callable[[Passage], None] | None
) -> Iterator[Passage]:
    for passage in played:
        if on_passage is not None:
            on_passage(passage)
        yield passage


def _from_zero(seed: Score, ending: Ending, played: Iterator[Passage]) -> Iterator[Passage]:
    """Count passages from the first composed bar, and set there what the seed had set."""
    start = ending.start_beats
    for index, passage in enumerate(played):
        before = {}
        if index == 0:
            for number, (track, now) in enumerate(zip(seed.tracks, passage.tracks, strict=False)):
                new = {control.number for control in now.controls if control.beat <= start}
                before[number] = tuple(
                    control
                    for control in controls_in_force(track.controls, start)
                    if control.number not in new
                )
        yield moved(passage, start, before)


def _begin(
    prompt: Prompt, model_name: str, config: ComposeConfig, rng_seed: int
) -> tuple[Ending, str, Continuation]:
    """Return where the seed ends, the model's name and a continuation yet to be composed."""
    if not 0 <= rng_seed < 2**32:
        raise ChipgenError(f"seed number {rng_seed} is out of range; give 0 to {2**32 - 1}")
    ending = prompt.ending  # refuses what cannot be gone on from, before a model is read
    loaded = load_composer(model_name, "continue")
    wishes = GenerationConfig(
        config.bars,
        config.temperature,
        config.top_p,
        config.key_bias,
        with_drums=config.drums == "seed",
        loop="composed" if config.loop and config.without_seed else config.loop,
    )
    made = loaded.composer.continue_seed(loaded.model, prompt, wishes, rng_seed)
    return ending, loaded.name, made
