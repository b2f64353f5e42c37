"""The table of models finds each model and its weights."""

import pytest
import torch

from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import load_model
from chipgen.models.registry import MODELS, model_entry, weights_path


def random_song(steps: int, seed: int = 0) -> torch.Tensor:
    """Return random slices, shape (steps, 88)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(steps, 88, generator=generator) < 0.06


def test_the_table_finds_the_model_and_its_weights() -> None:
    """The row names weights that are there, and a class that loads them and offers log_prob."""
    assert "tonnetz-lstm" in MODELS
    assert weights_path("tonnetz-lstm").is_file()
    loaded = load_model("tonnetz-lstm")
    assert loaded.name == "tonnetz-lstm"
    assert loaded.log_prob(random_song(3)).shape == (3, 88)
    with pytest.raises(ChipgenError, match="choose one of"):
        model_entry("nothing")
