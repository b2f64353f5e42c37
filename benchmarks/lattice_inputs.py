"""A row transformer with the 24×12 Tonnetz lattice in its inputs, for ablations.

Two ways in: every pitch's vector read off the lattice by convolutions instead of a table, or the
chord that sounds drawn on the lattice and read beside the table.
"""

from typing import Final

import torch
from torch import Tensor, nn

from chipgen.models.row_transformer.network import Cache, RowTransformer, RowTransformerConfig
from chipgen.models.tonnetz_lstm.network import Lattice
from chipgen.music.tonnetz import PITCH_HIGH, PITCH_LOW, PITCHES
from chipgen.rows.row_features import CODES
from chipgen.rows.row_states import VOICES

_FILTERS: Final = (10, 20)
_PITCH_WIDTH: Final = 32
_SOUNDING: Final = slice(4, 7)  # columns of a row's codes: what p1, p2 and tr sound


class LatticeEncoder(nn.Module):
    """Reads sets of pitches (..., 88) off the lattice, to vectors of `width`."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.lattice = Lattice()
        few, many = _FILTERS
        # Columns are fifths, which close to a circle; rows are registers, which do not.
        self.around = nn.CircularPad2d((1, 1, 0, 0))
        self.first = nn.Conv2d(1, few, 3, padding=(1, 0))
        self.shrink = nn.MaxPool2d(2)
        self.second = nn.Conv2d(few, many, 3, padding=(1, 0))
        self.out = nn.Linear(many * 12 * 6, width)

    def forward(self, rolls: Tensor) -> Tensor:
        """Return vectors, shape (..., width)."""
        planes = self.lattice.draw(rolls).reshape(-1, 1, 24, 12)
        x = self.shrink(torch.relu(self.first(self.around(planes))))
        x = torch.relu(self.second(self.around(x)))
        result: Tensor = self.out(x.flatten(1)).reshape(*rolls.shape[:-1], -1)
        return result


class LatticePitches(nn.Module):
    """A table of vectors by voice and code whose pitches are read off the lattice."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = LatticeEncoder(_PITCH_WIDTH)
        self.voice = nn.Embedding(VOICES, _PITCH_WIDTH)
        self.other = nn.Embedding(VOICES * CODES, _PITCH_WIDTH)  # rests, holds, noise
        nn.init.normal_(self.voice.weight, std=0.5)
        nn.init.normal_(self.other.weight, std=0.5)
        is_pitch = torch.zeros(VOICES, CODES)
        is_pitch[:3, PITCH_LOW : PITCH_HIGH + 1] = 1.0
        self.is_pitch: Tensor
        self.register_buffer("is_pitch", is_pitch.reshape(-1, 1), persistent=False)

    def forward(self, index: Tensor) -> Tensor:
        """Return the vectors of codes, each `voice · CODES + code`."""
        read = self.encoder(torch.eye(PITCHES, device=index.device))
        by_code = nn.functional.pad(read, (0, 0, PITCH_LOW, CODES - 1 - PITCH_HIGH))
        table = (by_code[None] + self.voice.weight[:, None]).flatten(0, 1)
        table = self.is_pitch * table + (1 - self.is_pitch) * self.other.weight
        return nn.functional.embedding(index, table)


class LatticePitchTransformer(RowTransformer):
    """Pitches come in by the lattice alone."""

    def __init__(self, config: RowTransformerConfig | None = None) -> None:
        super().__init__(config)
        self.pitch_embedding = LatticePitches()  # type: ignore[assignment]


class LatticeChordTransformer(RowTransformer):
    """The chord that sounds comes in by the lattice, beside the table of pitches."""

    def __init__(self, config: RowTransformerConfig | None = None) -> None:
        super().__init__(config)
        self.read = _ReadBoth(self.read, LatticeEncoder(self.config.dim))  # type: ignore[assignment]

    def forward(self, codes: Tensor, cache: Cache | None = None, start: int = 0) -> Tensor:
        """Return what the network makes of each row's past."""
        sounding = codes[..., _SOUNDING]
        rolls = nn.functional.one_hot(sounding, CODES)[..., PITCH_LOW : PITCH_HIGH + 1].amax(dim=-2)
        assert isinstance(self.read, _ReadBoth)
        self.read.rolls = rolls.float()
        return super().forward(codes, cache, start)


class _ReadBoth(nn.Module):
    """Adds what the lattice says of `rolls` to a layer's answer."""

    def __init__(self, layer: nn.Module, encoder: LatticeEncoder) -> None:
        super().__init__()
        self.layer, self.encoder = layer, encoder
        self.rolls: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.layer(x) + self.encoder(self.rolls)
        return result
