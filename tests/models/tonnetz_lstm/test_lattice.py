"""The lattice in torch is the lattice in numpy."""

import numpy as np
import pytest
import torch

from chipgen.models.tonnetz_lstm.lattice import Lattice
from chipgen.music import tonnetz


def random_song(steps: int, seed: int = 0) -> torch.Tensor:
    """Return random slices, shape (steps, 88)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(steps, 88, generator=generator) < 0.06


def test_the_torch_lattice_is_the_lattice() -> None:
    """Drawing and averaging in torch give what chipgen.music.tonnetz gives."""
    rolls = random_song(5).float()
    lattice = Lattice()
    assert np.array_equal(lattice.draw(rolls).numpy(), tonnetz.encode(rolls.numpy()))
    noise = torch.randn(5, 24, 12)
    assert lattice.average(noise).numpy() == pytest.approx(tonnetz.average(noise.numpy()), abs=1e-6)
