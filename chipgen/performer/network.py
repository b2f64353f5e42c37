"""The performer's network, without torch: which played note each new one is played like.

Each decision about a note is copied from a note that the voice has played before, or made anew.
The network weighs the notes that were played by how like the new one they are: an attention whose
values are ways of playing. What is decided first is told to what is decided next, and what was
decided of the note before tells whether a played passage is being followed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.declared_arrays import read_arrays
from chipgen.performer.note_features import (
    DELAYS,
    GLITCHES,
    HEADS,
    NOTE_FEATURES,
    PAIR_FEATURES,
    RELEASES,
)
from chipgen.rows.row_states import VOICES

WEIGHTS_FILE: Final = "performer.safetensors"
HIDDEN: Final = 48
# What is made anew, by head: a glitch's kind; ornaments or none; a level volume or none; frames.
ANEW: Final = (GLITCHES, 2, 2, DELAYS, RELEASES)
LARGEST: Final = 1e3  # of a weight; trained ones stay below 20
_HEADS: Final = len(HEADS)

SHAPES: Final[dict[str, tuple[int, ...]]] = {
    "pair": (PAIR_FEATURES, HIDDEN),
    "pair_voice": (VOICES, HIDDEN),
    "pair_out": (HIDDEN, _HEADS),
    "decided": (_HEADS, _HEADS),
    "followed": (_HEADS, _HEADS),
    "note": (NOTE_FEATURES, HIDDEN),
    "note_bias": (HIDDEN,),
    "note_out": (HIDDEN, _HEADS + sum(ANEW)),
    "note_out_bias": (_HEADS + sum(ANEW),),
}

Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What the network says of notes before anything is decided of them.

    Attributes
    ----------
    likeness
        Logits of playing each note like each one that was played, shape (heads, notes, played).
    anew
        Logits of playing it anew instead, shape (heads, notes).
    made
        Logarithms of the probabilities of what is made anew, by head: shape (notes, `ANEW`[head]).
    """

    likeness: NDArray[np.float32]
    anew: NDArray[np.float32]
    made: tuple[NDArray[np.float32], ...]


def score_notes(
    weights: Weights, pairs: NDArray[np.float32], notes: NDArray[np.float32], voice: int
) -> Scores:
    """Return what the network says of notes of one voice.

    Parameters
    ----------
    weights
        As `SHAPES`.
    pairs
        From `compare_notes`, shape (notes, played, PAIR_FEATURES).
    notes
        From `describe_notes`, shape (notes, NOTE_FEATURES).
    """
    count, played = pairs.shape[:2]
    inner = pairs.reshape(-1, PAIR_FEATURES) @ weights["pair"] + weights["pair_voice"][voice]
    likeness = np.maximum(inner, 0.0) @ weights["pair_out"]
    told = np.maximum(notes @ weights["note"] + weights["note_bias"], 0.0)
    answers = told @ weights["note_out"] + weights["note_out_bias"]
    made, at = [], _HEADS
    for size in ANEW:
        logits = answers[:, at : at + size]
        top = logits.max(axis=1, keepdims=True)
        made.append(logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True)))
        at += size
    return Scores(
        np.ascontiguousarray(likeness.reshape(count, played, _HEADS).transpose(2, 0, 1)),
        np.ascontiguousarray(answers[:, :_HEADS].T),
        tuple(made),
    )


def read_weights(path: Path) -> dict[str, NDArray[np.float32]]:
    """Read the performer's weights.

    Raises
    ------
    ChipgenError
        If the file is damaged, or its arrays are not those of `SHAPES`.
    """
    return read_arrays(path, lambda _: SHAPES, "weights of a performer", LARGEST)


@lru_cache(maxsize=1)
def shipped_weights() -> dict[str, NDArray[np.float32]]:
    """Return the weights that are installed."""
    return read_weights(Path(str(resources.files("chipgen.performer") / WEIGHTS_FILE)))
