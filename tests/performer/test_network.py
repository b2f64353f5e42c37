"""The network's answers are probabilities of its own shapes, and damaged weights are refused."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from chipgen.errors import ChipgenError
from chipgen.performer.network import (
    ANEW,
    SHAPES,
    read_weights,
    score_notes,
    shipped_weights,
)
from chipgen.performer.note_features import HEADS, NOTE_FEATURES, PAIR_FEATURES


def test_what_is_made_anew_has_probabilities() -> None:
    """Each decision's own alternatives sum to one."""
    rng = np.random.default_rng(0)
    pairs = rng.random((5, 7, PAIR_FEATURES), dtype=np.float32)
    notes = rng.random((5, NOTE_FEATURES), dtype=np.float32)
    scores = score_notes(shipped_weights(), pairs, notes, 0)
    assert scores.likeness.shape == (len(HEADS), 5, 7)
    assert scores.anew.shape == (len(HEADS), 5)
    for size, made in zip(ANEW, scores.made, strict=True):
        assert made.shape == (5, size)
        assert np.exp(made).sum(axis=1) == pytest.approx(1.0, abs=1e-5)


def test_the_shipped_weights_are_small() -> None:
    """They are far below a megabyte."""
    assert sum(array.nbytes for array in shipped_weights().values()) < 200_000


@pytest.mark.parametrize("damage", ["lacks", "adds", "shape", "infinite", "text"])
def test_weights_that_are_not_a_performers_are_refused(tmp_path: Path, damage: str) -> None:
    """One line names the file and what is wrong, before anything is computed."""
    path = tmp_path / "w.safetensors"
    arrays = {name: np.zeros(shape, dtype=np.float32) for name, shape in SHAPES.items()}
    if damage == "lacks":
        del arrays["pair"]
    if damage == "adds":
        arrays["other"] = np.zeros(1, dtype=np.float32)
    if damage == "shape":
        arrays["note"] = np.zeros((1, 2), dtype=np.float32)
    if damage == "infinite":
        arrays["note_bias"][0] = np.inf
    save_file(arrays, path)
    if damage == "text":
        path.write_text("no weights")
    with pytest.raises(ChipgenError, match=r"w\.safetensors") as refused:
        read_weights(path)
    assert "\n" not in str(refused.value)
