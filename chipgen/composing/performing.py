"""Makes the performer who plays what is composed after, or inside, a piece of the chip's voices."""

import numpy as np

from chipgen.performer.network import shipped_weights
from chipgen.performer.perform import Performer
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_inference import NES_FRAME_HZ


def performer_of(prompt: Prompt, rng_seed: int, at_row: int | None = None) -> Performer:
    """Return who plays new rows as a piece's own voices play.

    Parameters
    ----------
    prompt
        The piece; its tracks are the chip's voices.
    rng_seed
        What is drawn follows from it.
    at_row
        Where the new rows begin, if not after the piece.
    """
    edges_s = np.asarray(prompt.seed.beats_to_seconds(prompt.encoded.edges_beats))
    frame_beats = prompt.ending.tempo.bpm / 60.0 / NES_FRAME_HZ
    return Performer(shipped_weights(), prompt.seed, edges_s, frame_beats, rng_seed, at_row)
