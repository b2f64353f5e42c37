"""Music to play, and a way to read it."""

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from chipgen.playing.live_player import Player
from synth.chip.register_log import RegisterLog
from synth.instrument.demo_scores import demo_score
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset


@cache
def demo(preset: str = "default", loop_s: float | None = None) -> RegisterLog:
    """Return a demonstration, played with a preset's timbres."""
    chosen = load_preset(preset)
    score = demo_score(load_preset("default"))
    if loop_s is not None:
        score = replace(score, loop_s=loop_s)
    return drive(replace(score), chosen)


def read(player: Player, n_frames: int, block: int = 480) -> NDArray[np.float32]:
    """Read frames in blocks."""
    return np.concatenate(
        [player.read(min(block, n_frames - k)) for k in range(0, n_frames, block)]
    )
