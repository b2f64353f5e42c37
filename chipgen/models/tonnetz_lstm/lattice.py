"""The Tonnetz lattice in torch: draws pitch sets, and averages lattices into pitches."""

import torch
from torch import Tensor, nn

from chipgen.music import tonnetz


class Lattice(nn.Module):
    """Maps between rolls of 88 pitches and the 24×12 lattice; nothing in it is learned."""

    cells: Tensor
    averages: Tensor

    def __init__(self) -> None:
        super().__init__()
        averages = torch.from_numpy(tonnetz.averaging_matrix())
        # Not in the checkpoint: both follow from the lattice's formula.
        self.register_buffer("averages", averages, persistent=False)
        self.register_buffer("cells", (averages > 0).float().T.contiguous(), persistent=False)

    def draw(self, rolls: Tensor) -> Tensor:
        """Set each cell to its pitch: (..., 88) to (..., 24, 12)."""
        flat = rolls @ self.cells
        return flat.reshape(*rolls.shape[:-1], tonnetz.ROWS, tonnetz.COLUMNS)

    def average(self, lattices: Tensor) -> Tensor:
        """Average each pitch's cells: (..., 24, 12) to (..., 88)."""
        return lattices.flatten(-2) @ self.averages
