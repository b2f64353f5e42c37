"""Composes a piece: the seed, and the bars that continue it, whole or as a stream.

torch is loaded only when a model is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from chipgen.composing.composer import load_composer
from chipgen.composing.drums_alone import read_seed
from chipgen.composing.loop_closing import close_loop, loop_start_beats
from chipgen.composing.passages import (
    Passage,
    collect,
    controls_in_force,
    cut_before,
    moved,
    passages,
)
from chipgen.composing.recent_bars import RecentBars
from chipgen.errors import ChipgenError
from chipgen.models.continuation import Continuation
from chipgen.music.score import Score
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt
from chipgen.understand.ending import Ending


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
        Remarks for the user, one line each.
    done
        What was done, in a few words, where it was no continuation.
    request
        What it was made by, if that can be said in a command line.
    plan
        What it was composed to, in words: key, form, end and chords.
    """

    score: Score
    seed_bars: int
    generated_bars: int
    model: str = ""
    rng_seed: int = 0
    remarks: tuple[str, ...] = ()
    done: str = ""
    request: ComposeRequest | None = None
    plan: str = ""


def compose(
    seed: Score | Prompt,
    request: ComposeRequest | None = None,
    on_passage: Callable[[Passage], None] | None = None,
    on_seed: Callable[[Score], None] | None = None,
) -> Composition:
    """Continue a seed with a model: what `stream` yields, in one piece.

    The continuation begins at the bar line where the seed ends, in the seed's meter and its
    last settled tempo, and is played by the seed's own tracks where their roles are clear.

    Parameters
    ----------
    seed
        At least a beat of pitched notes, or drums to which a band is added; a `Prompt` if it has
        been read. Notes outside a model's
        range are folded into it, and the answer's remarks say so.
    request
        Model, bars, freedom, number, drums and loop count; None takes every default.
    on_passage
        Called with each passage as soon as it is composed; an exception ends composing.
    on_seed
        Called with the seed as it is gone on from, before the first passage.

    Raises
    ------
    ChipgenError
        If the seed is empty or too short, or the model does not exist, or no length is given.
    """
    request = request or ComposeRequest()
    if not request.bars:
        raise ChipgenError("to compose, give bars of 1 or more; only a stream has no end")
    recent = RecentBars.of(seed, request)
    read_to, model, made = _begin(recent.prompt, request)
    read = made.seed or recent.prompt.seed
    seed, ending = recent.seed(read), recent.ending(read_to)
    if on_seed is not None:
        on_seed(seed)
    played = recent.passages(passages(read, read_to, made, request.drums))
    score = collect(seed, ending, _told(played, on_passage))
    begin = recent.begin_beats + _first_beat(read_to, made)
    loop_start = loop_start_beats(seed) if request.looped == "piece" else begin
    if request.without_seed:
        score = cut_before(score, begin)
        loop_start = 0.0
    if request.loop:
        score = close_loop(score, loop_start)
    return Composition(
        score=score,
        seed_bars=0 if request.without_seed else ending.seed_bars,
        generated_bars=request.bars,
        model=model,
        rng_seed=request.rng_seed,
        remarks=made.remarks,
        plan=made.plan,
    )


def complete_seed(
    seed: Score | Prompt, request: ComposeRequest | None = None
) -> tuple[Prompt, tuple[str, ...]]:
    """Give a seed the voices that `compose` and `stream` give it under its own bars.

    Parameters
    ----------
    seed, request
        As for `compose`.

    Returns
    -------
    prompt : Prompt
        The seed, to be gone on from by either: they add nothing more.
    remarks : tuple of str
        What was added, a line each.

    Raises
    ------
    ChipgenError
        As `compose`.
    """
    request = request or ComposeRequest()
    prompt = read_seed(seed, request)
    _ = prompt.ending  # refuses what cannot be gone on from
    loaded = load_composer(request.model, "continue")
    return loaded.composer.complete_seed(loaded.model, prompt, request)


def stream(seed: Score | Prompt, request: ComposeRequest | None = None) -> Iterator[Passage]:
    """Continue a seed, and yield each passage as soon as it is composed.

    The passages hold the very notes of `compose`'s score with the same arguments. With
    ``bars=None`` they go on for ever, in constant memory.

    Parameters
    ----------
    seed, request
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
    request = request or ComposeRequest()
    recent = RecentBars.of(seed, request)
    ending, _, made = _begin(recent.prompt, request)
    read = made.seed or recent.prompt.seed
    played = passages(read, ending, made, request.drums)
    if request.without_seed:
        return _from_zero(read, _first_beat(ending, made), played)
    return recent.passages(played)


def _first_beat(ending: Ending, made: Continuation) -> float:
    """Return where what is composed begins."""
    return ending.start_beats if made.start_beats is None else made.start_beats


def _told(
    played: Iterator[Passage], on_passage: Callable[[Passage], None] | None
) -> Iterator[Passage]:
    for passage in played:
        if on_passage is not None:
            on_passage(passage)
        yield passage


def _from_zero(seed: Score, start: float, played: Iterator[Passage]) -> Iterator[Passage]:
    """Count passages from the first composed beat, and set there what the seed had set."""
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
        passage = replace(passage, start_beats=max(start, passage.start_beats))
        yield moved(passage, start, before)


def _begin(prompt: Prompt, request: ComposeRequest) -> tuple[Ending, str, Continuation]:
    """Return where the seed ends, the model's name and a continuation yet to be composed."""
    ending = prompt.ending  # refuses what cannot be gone on from, before a model is read
    loaded = load_composer(request.model, "continue")
    made = loaded.composer.continue_seed(loaded.model, prompt, request)
    return ending, loaded.name, made
