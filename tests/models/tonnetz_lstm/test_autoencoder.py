"""The lattice is wrapped along its circle of fifths."""

import torch

from chipgen.models.tonnetz_lstm.autoencoder import SliceAutoencoder


def test_fifths_wrap_round() -> None:
    """Turning the circle of fifths turns the convolutions' answer with it."""
    torch.manual_seed(0)
    network = SliceAutoencoder((3, 2), 6)
    lattices = torch.rand(1, 1, 24, 12)
    from chipgen.models.tonnetz_lstm.autoencoder import _wrap

    plain = network.encode_first(_wrap(lattices))
    turned = network.encode_first(_wrap(lattices.roll(5, -1)))
    assert torch.allclose(plain.roll(5, -1), turned, atol=1e-6)
