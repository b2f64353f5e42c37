"""`tonnetz-lstm`: the slices so far to the probability of each pitch in the next slice.

An LSTM reads the latents of a Tonnetz autoencoder; its answer is a latent that the autoencoder's
decoder turns into logits on the lattice. Beside that path stand the skips without which the design
cannot hold a note: the slice itself is an input next to its latent, and the last slices are added
to the output, each as strongly as the LSTM asks for.
"""

from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from chipgen.models.autoencoder import SliceAutoencoder
from chipgen.music.tonnetz import PITCHES


@dataclass(frozen=True, slots=True)
class TonnetzLstmConfig:
    """Sizes of the model.

    Attributes
    ----------
    maps
        Feature maps of the autoencoder's two convolutions.
    latent, hidden, layers
        Length of a latent, and of the LSTM's state in each of its layers.
    window
        Slices that the output skip looks back on.
    dropout
        Share of the LSTM's inputs and outputs dropped in training.
    """

    maps: tuple[int, int] = (20, 10)
    latent: int = 128
    hidden: int = 256
    layers: int = 2
    window: int = 16
    dropout: float = 0.2


@dataclass(frozen=True, slots=True)
class Memory:
    """What the model carries from slice to slice.

    Attributes
    ----------
    hidden, cell
        The LSTM's state, each of shape (layers, batch, hidden).
    recent
        The last slices, shape (batch, window − 1, 88), oldest first, zeros before the beginning.
    """

    hidden: Tensor
    cell: Tensor
    recent: Tensor


class TonnetzLstm(nn.Module):
    """Predicts each slice from all slices before it; see the module's first lines."""

    name = "tonnetz-lstm"

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

    def describe(self) -> dict[str, Any]:
        """Return the configuration as plain values, for a checkpoint."""
        return asdict(self.config)

    @classmethod
    def from_description(cls, description: dict[str, Any]) -> "TonnetzLstm":
        """Build the model, untrained, that `describe` told of."""
        values = dict(description)
        values["maps"] = tuple(values["maps"])
        return cls(TonnetzLstmConfig(**values))

    def begin(self, batch: int = 1) -> Memory:
        """Return the memory before the first slice."""
        c = self.config
        zeros = torch.zeros(c.layers, batch, c.hidden)
        return Memory(zeros, zeros, torch.zeros(batch, c.window - 1, PITCHES))

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
        past = torch.cat([memory.recent, slices], dim=1)
        logits = self._readout(states, slices, past)
        kept = past[:, past.shape[1] - (self.config.window - 1) :]
        return logits, Memory(hidden, cell, kept)

    @torch.no_grad()
    def log_prob(self, slices: Tensor) -> Tensor:
        """Return the log-probability of every pitch's state in every slice.

        Parameters
        ----------
        slices
            Boolean or 0/1, shape (steps, 88) or (batch, steps, 88); pitch i is MIDI 21 + i.

        Returns
        -------
        Tensor
            Natural logarithms, the shape of `slices`: entry (t, p) is log P(slices[t, p] |
            slices[:t]), where slice 0 is predicted from silence. The sum over the last axis is
            the log-probability of a slice, since pitches are independent given the past.
        """
        single = slices.dim() == 2
        batch = (slices[None] if single else slices).float()
        silence = torch.zeros_like(batch[:, :1])
        logits, _ = self(torch.cat([silence, batch[:, :-1]], dim=1))
        logs = -F.binary_cross_entropy_with_logits(logits, batch, reduction="none")
        return logs[0] if single else logs

    def _readout(self, states: Tensor, slices: Tensor, past: Tensor) -> Tensor:
        lattice = self.autoencoder.decode(self.to_latent(states))
        logits = self.autoencoder.lattice.average(lattice) + self.pitch_bias(states)
        logits = logits + self.hold_gate(states) * slices
        # windows[b, t, p, k] is slice t − (window − 1) + k.
        windows = past.unfold(1, self.config.window, 1)
        echoes = (windows @ self.window_gate(states).unsqueeze(-1)).squeeze(-1)
        return logits + echoes
