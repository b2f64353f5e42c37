"""What the page wished for to the words of the composer and of the command line."""

from pathlib import Path
from typing import Final

from chipgen.app.pipeline import write_score
from chipgen.compose import ComposeConfig, Composition, Wishes
from chipgen.compose.provenance import Making
from chipgen.compose.rewrite import Bars
from chipgen.errors import ChipgenError
from chipgen.music.keys import parse_key
from chipgen.music.score import Score
from chipgen.studio.documents import Made
from chipgen.studio.scores import score_of

_METERS: Final = (2, 4, 8, 16)


def config_of(made: Made) -> ComposeConfig:
    """Return the composer's configuration that a wish stands for."""
    return ComposeConfig(
        bars=made.bars,
        temperature=made.temperature,
        top_p=made.top_p,
        drums=made.drums,
        loop="piece" if made.loop else "",
    )


def wishes_of(made: Made) -> Wishes:
    """Return what else is asked of the composer.

    Raises
    ------
    ChipgenError
        If the key is none, or the bars are in the wrong order.
    """
    part = made.rewrite
    if part is not None and part.last_bar < part.first_bar:
        raise ChipgenError(f"bars {part.first_bar} to {part.last_bar} are in the wrong order")
    return Wishes(
        write=() if part is None else tuple(part.voices),
        fill=None if part is None else Bars(part.first_bar, part.last_bar),
        key=parse_key(made.key) if made.key else None,
        tempo_bpm=made.tempo,
        from_scratch=made.from_scratch,
        meter=_meter(score_of(made.seed_score)) if made.from_scratch else (4, 4),
    )


def making_of(made: Made, folder: Path, name: str, words: tuple[str, ...] = ()) -> Making:
    """Return what a take is made from, its seed written into a folder.

    Parameters
    ----------
    name
        Of the piece; the seed is called after it.
    words
        What else the command line is told.
    """
    assert made.model is not None
    source = None
    if not made.from_scratch:
        seed = score_of(made.seed_score)
        source = folder / f"{name}-seed.mid"
        bars = len(seed.bar_starts_beats())
        write_score(source, Composition(seed, seed_bars=bars, generated_bars=0), overwrite=True)
    return Making(source, made.model, made.rng_seed, config_of(made), wishes_of(made), words)


def _meter(score: Score) -> tuple[int, int]:
    first = score.meters[0]
    if first.numerator <= 16 and first.denominator in _METERS:
        return first.numerator, first.denominator
    return 4, 4
