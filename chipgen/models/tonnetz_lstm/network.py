"""The network of `tonnetz-lstm` in torch: predicts each pitch of the next slice.

An LSTM reads the latents of a Tonnetz autoencoder; its answer is a latent that the autoencoder's
decoder turns into logits on the lattice. Beside that path stand the skips without which the design
cannot hold a note: the slice itself is an input next to its latent, and the last slices are added
to the output, each as strongly as the LSTM asks for. So are echoes of the whole piece so far: what
followed the moments that were most like this one.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from chipgen.models.tonnetz_lstm.config import TonnetzLstmConfig
from chipgen.models.tonnetz_lstm.inference import check_slices
from chipgen.music.tonnetz import COLUMNS, PITCHES, ROWS, averaging_matrix


class Lattice(nn.Module):
    """Maps between rolls of 88 pitches and the 24×12 lattice; nothing in it is learned."""

    cells: Tensor
    averages: Tensor

    def __init__(self) -> None:
        super().__init__()
        averages = torch.from_numpy(averaging_matrix())
        # Not in the checkpoint: both follow from the lattice's formula.
        self.register_buffer("averages", averages, persistent=False)
        self.register_buffer("cells", (averages > 0).float().T.contiguous(), persistent=False)

    def draw(self, rolls: Tensor) -> Tensor:
        """Set each cell to its pitch: (..., 88) to (..., 24, 12)."""
        flat = rolls @ self.cells
        return flat.reshape(*rolls.shape[:-1], ROWS, COLUMNS)

    def average(self, lattices: Tensor) -> Tensor:
        """Average each pitch's cells: (..., 24, 12) to (..., 88)."""
        return lattices.flatten(-2) @ self.averages


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


@dataclass(frozen=True, slots=True)
class Memory:
    """The model's state from slice to slice.

    Attributes
    ----------
    hidden, cell
        The LSTM's state, each of shape (layers, batch, hidden).
    heard
        All slices so far, oldest first, after window − 1 silent ones: (batch, n, 88).
    keys
        What the moments after each of them are found by: (batch, n − window + 1, echoes, key).
    """

    hidden: Tensor
    cell: Tensor
    heard: Tensor
    keys: Tensor


class TonnetzLstm(nn.Module):
    """Predicts each slice from all slices before it; see the module's first lines."""

    name = "tonnetz-lstm"
    task = "slices"

    def __init__(self, config: TonnetzLstmConfig | None = None) -> None:
        super().__init__()
        self.config = config or TonnetzLstmConfig()
        c = self.config
        self.autoencoder = SliceAutoencoder(c.maps, c.latent)
        self.drop = nn.Dropout(c.dropout)
        self.lstm = nn.LSTM(
            c.latent + PITCHES, c.hidden, c.layers, batch_first=True, dropout=c.dropout
        )
        self.to_latent = nn.Linear(c.hidden, c.latent)
        self.pitch_bias = nn.Linear(c.hidden, PITCHES)
        self.hold_gate = nn.Linear(c.hidden, PITCHES)
        self.window_gate = nn.Linear(c.hidden, c.window)
        if c.echoes:
            self.query = nn.Linear(c.hidden + c.latent, c.echoes * c.key)
            self.keys = nn.Linear(c.hidden + c.latent, c.echoes * c.key)
            self.no_echo = nn.Parameter(torch.zeros(c.echoes))
            self.recall = nn.Linear(c.echoes * (PITCHES + 1), c.hidden)
            self.echo_gate = nn.Linear(c.hidden, c.echoes * PITCHES)

    def describe(self) -> dict[str, Any]:
        """Return the configuration as plain values, for a checkpoint."""
        return asdict(self.config)

    @classmethod
    def from_description(cls, description: dict[str, Any]) -> "TonnetzLstm":
        """Build an untrained model from the answer of `describe`."""
        return cls(TonnetzLstmConfig.from_description(description))

    def begin(self, batch: int = 1) -> Memory:
        """Return the memory before the first slice."""
        c = self.config
        zeros = torch.zeros(c.layers, batch, c.hidden)
        heard = torch.zeros(batch, c.window - 1, PITCHES)
        return Memory(zeros, zeros, heard, torch.zeros(batch, 0, c.echoes, c.key))

    def forward(
        self, slices: Tensor, latents: Tensor | None = None, memory: Memory | None = None
    ) -> tuple[Tensor, Memory]:
        """Predict, after each slice, the one that follows.

        Parameters
        ----------
        slices
            0/1 floats, shape (batch, steps, 88).
        latents
            Their latents, shape (batch, steps, latent), if already known.
        memory
            What was left by the call before; nothing at the beginning of a piece.

        Returns
        -------
        logits : Tensor
            Shape (batch, steps, 88): entry t speaks of slice t + 1.
        memory : Memory
            To go on from after the last slice.
        """
        memory = memory or self.begin(len(slices))
        latents = self.autoencoder.encode(slices) if latents is None else latents
        inputs = torch.cat([self.drop(latents), slices], dim=-1)
        states, (hidden, cell) = self.lstm(inputs, (memory.hidden, memory.cell))
        states = self.drop(states)
        heard = torch.cat([memory.heard, slices], dim=1)
        keys = memory.keys
        echoes = None
        if self.config.echoes:
            moments = torch.cat([states, latents], dim=-1)
            shape = (*moments.shape[:2], self.config.echoes, self.config.key)
            keys = torch.cat([keys, self.keys(moments).reshape(shape)], dim=1)
            echoes, trust = self._echo(self.query(moments).reshape(shape), keys, heard)
            states = states + self.recall(torch.cat([echoes.flatten(2), trust], dim=-1))
        return self._readout(states, slices, heard, echoes), Memory(hidden, cell, heard, keys)

    @torch.no_grad()
    def log_prob(self, slices: Tensor | NDArray[np.bool_], window: int | None = None) -> Tensor:
        """Return the log-probability of every pitch's state in every slice.

        Parameters
        ----------
        slices
            Boolean or 0/1, a tensor or an array, shape (steps, 88) or (batch, steps, 88); pitch i
            is MIDI 21 + i.
        window
            How many slices are heard before each prediction; by default all of the piece.

        Returns
        -------
        Tensor
            Natural logarithms, the shape of `slices`: entry (t, p) is log P(slices[t, p] |
            slices[:t]), where slice 0 is predicted from silence. The sum over the last axis is
            the log-probability of a slice, since pitches are independent given the past.

        Raises
        ------
        ChipgenError
            If the slices have another shape.
        """
        slices = torch.as_tensor(slices)
        single = slices.dim() == 2
        check_slices(tuple(slices.shape))
        batch = (slices[None] if single else slices).float()
        heard = torch.cat([torch.zeros_like(batch[:, :1]), batch[:, :-1]], dim=1)
        logits = self(heard)[0] if window is None else self._logits_in_windows(heard, window)
        logs: Tensor = -F.binary_cross_entropy_with_logits(logits, batch, reduction="none")
        return logs[0] if single else logs

    def _logits_in_windows(self, heard: Tensor, window: int) -> Tensor:
        """Predict after each slice from the last `window` slices alone: (batch, steps, 88)."""
        columns = []
        for step in range(heard.shape[1]):
            logits, _ = self(heard[:, max(0, step + 1 - window) : step + 1])
            columns.append(logits[:, -1])
        return torch.stack(columns, dim=1)

    def _echo(self, query: Tensor, keys: Tensor, heard: Tensor) -> tuple[Tensor, Tensor]:
        """Look up what followed like moments.

        Returns
        -------
        echoes : Tensor
            Weighted averages of the slices that followed, (batch, steps, echoes, 88).
        trust : Tensor
            The weights' sums, below 1 where nothing alike was found, (batch, steps, echoes).
        """
        steps, moments = query.shape[1], keys.shape[1]
        likeness = torch.einsum("bthk,bjhk->bhtj", query, keys) / self.config.key**0.5
        # Of the moments before this one the next slice is known; of this one it is asked for.
        now = torch.arange(moments - steps, moments)[:, None]
        unknown = torch.arange(moments)[None] >= now
        likeness = likeness.masked_fill(unknown, -torch.inf)
        none = self.no_echo[None, :, None, None].expand(*likeness.shape[:3], 1)
        weights = torch.softmax(torch.cat([likeness, none], dim=-1), dim=-1)[..., :-1]
        # Moment j was followed by the slice j + 1; the last has none yet, and no weight.
        followed = F.pad(heard[:, heard.shape[1] - moments + 1 :], (0, 0, 0, 1))
        return torch.einsum("bhtj,bjp->bthp", weights, followed), weights.sum(-1).transpose(1, 2)

    def _readout(
        self, states: Tensor, slices: Tensor, heard: Tensor, echoes: Tensor | None
    ) -> Tensor:
        lattice = self.autoencoder.decode(self.to_latent(states))
        logits: Tensor = self.autoencoder.lattice.average(lattice) + self.pitch_bias(states)
        logits = logits + self.hold_gate(states) * slices
        # windows[b, t, p, k] is the slice window − 1 − k steps before t.
        needed = slices.shape[1] + self.config.window - 1
        windows = heard[:, heard.shape[1] - needed :].unfold(1, self.config.window, 1)
        logits = logits + (windows @ self.window_gate(states).unsqueeze(-1)).squeeze(-1)
        if echoes is not None:
            gates = self.echo_gate(states).reshape(echoes.shape)
            logits = logits + (gates * echoes).sum(dim=2)
        return logits


def _wrap(maps: Tensor) -> Tensor:
    """Pad the columns circularly: the twelfth fifth is the first pitch class again."""
    return _channels_last(torch.cat([maps[..., -1:], maps, maps[..., :1]], dim=-1))


def _channels_last(maps: Tensor) -> Tensor:
    # The layout in which few channels are convolved three times faster on a CPU.
    return maps.contiguous(memory_format=torch.channels_last)
