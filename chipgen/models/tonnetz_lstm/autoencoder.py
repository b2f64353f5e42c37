"""Encodes a slice on the Tonnetz lattice as a latent vector, and decodes it."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from chipgen.models.tonnetz_lstm.lattice import Lattice
from chipgen.music.tonnetz import COLUMNS, PITCHES, ROWS


class SliceAutoencoder(nn.Module):
    """Two convolutions over the lattice and a linear layer, mirrored on the way back.

    Columns are padded circularly, since twelve fifths lead back to the start; rows with silence.
    The output is logits: an autoencoder that ends in a ReLU under a plain L1 loss learns to answer
    0 to slices of which one cell in a hundred is set.

    Parameters
    ----------
    maps
        Feature maps of the first and second convolution.
    latent
        Length of the latent vector.
    """

    def __init__(self, maps: tuple[int, int] = (20, 10), latent: int = 128) -> None:
        super().__init__()
        first, second = maps
        self.lattice = Lattice()
        self.encode_first = nn.Conv2d(1, first, 3, stride=(2, 1), padding=(1, 0))
        self.encode_second = nn.Conv2d(first, second, 3, stride=(2, 1), padding=(1, 0))
        self.to_latent = nn.Linear(second * ROWS // 4 * COLUMNS, latent)
        self.from_latent = nn.Linear(latent, second * ROWS // 4 * COLUMNS)
        self.decode_second = nn.Conv2d(second, first, 3, padding=(1, 0))
        # Four maps on every fourth row are one map on all rows: cheaper than widening the rows
        # before the convolution.
        self.decode_first = nn.Conv2d(first, 4, 3, padding=(1, 0))
        self._small = (second, ROWS // 4, COLUMNS)

    def encode(self, rolls: Tensor) -> Tensor:
        """Return the latents, shape (..., latent), of 0/1 rolls of shape (..., 88)."""
        lattices = self.lattice.draw(rolls.reshape(-1, 1, PITCHES))
        hidden = F.relu(self.encode_first(_wrap(lattices)))
        hidden = F.relu(self.encode_second(_wrap(hidden)))
        latents: Tensor = self.to_latent(hidden.flatten(1))
        return latents.reshape(*rolls.shape[:-1], -1)

    def decode(self, latents: Tensor) -> Tensor:
        """Return logits on the lattice, shape (..., 24, 12), of latents of shape (..., latent)."""
        hidden = F.relu(self.from_latent(latents.reshape(-1, latents.shape[-1])))
        hidden = _channels_last(hidden.reshape(-1, *self._small))
        hidden = F.relu(self.decode_second(_wrap(hidden)))
        maps: Tensor = self.decode_first(_wrap(hidden))
        return maps.transpose(1, 2).reshape(*latents.shape[:-1], ROWS, COLUMNS)

    def forward(self, rolls: Tensor) -> Tensor:
        """Return the lattice logits, shape (..., 24, 12), that rolls (..., 88) come back as."""
        return self.decode(self.encode(rolls))


def _wrap(maps: Tensor) -> Tensor:
    """Pad the columns circularly: the twelfth fifth is the first pitch class again."""
    return _channels_last(torch.cat([maps[..., -1:], maps, maps[..., :1]], dim=-1))


def _channels_last(maps: Tensor) -> Tensor:
    # The layout in which few channels are convolved three times faster on a CPU.
    return maps.contiguous(memory_format=torch.channels_last)
