"""Renders a preview of a model that is being trained: MIDI and WAV."""

import logging
from pathlib import Path
from typing import Final

SEED_BARS: Final = 8
BARS: Final = 8
_LOG: Final = logging.getLogger(__name__)


def render_preview(checkpoint: Path, seed: Path, stem: Path) -> None:
    """Write `stem`.mid and `stem`.wav: the seed's first bars, and as many composed on from them.

    Errors are reported and stop nothing.
    """
    from chipgen.app.pipeline import voice_take, write_score
    from chipgen.app.sound import write_sound
    from chipgen.composing import compose
    from chipgen.music.formats import read_score
    from chipgen.music.score_edit import slice_score
    from chipgen.request import Request
    from synth.output.delivery import Delivery

    try:
        score = read_score(seed)
        lines = score.bar_starts_beats()
        if len(lines) > SEED_BARS:
            score = slice_score(score, 0.0, lines[SEED_BARS])
        request = Request(model=str(checkpoint), bars=BARS)
        take = compose(score, request)
        write_score(stem.with_suffix(".mid"), take, overwrite=True)
        sound = voice_take(take, request)
        write_sound(stem.with_suffix(".wav"), sound, Delivery(), overwrite=True)
    except Exception as error:  # hours of training are worth more than any of its previews
        _LOG.warning("no preview after %s: %s", seed.name, error)
