"""A model of slices and what was heard so far to the slices that go on from it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from chipgen.models.tonnetz_lstm import Memory, TonnetzLstm
from chipgen.music.tonnetz import PITCHES

REMEMBERED_SLICES: Final = 512  # how far the echo looks back while sampling
_CROWDED: Final = 1.4  # times the wished density before pitches are held back
_THIN: Final = 0.8
_STUCK_SLICES: Final = 6  # so many slices with at most two different ones among them is a drone
_STUCK_PENALTY: Final = 1.0  # taken from their pitches' logits, more with every further slice
_NEVER: Final = -30.0


@dataclass(frozen=True, slots=True)
class SliceSampling:
    """How slices are drawn.

    Attributes
    ----------
    temperature
        Divides the logits; above 0.
    top_p
        Only the likeliest pitches are drawn from, as many as hold this share of all the
        probability in a slice; 0–1.
    density
        Pitches wished for in a slice, on average.
    bias
        Added to the logits, shape (88,): what keeps the music near the seed's key.
    """

    temperature: float = 1.0
    top_p: float = 0.95
    density: float = 4.0
    bias: NDArray[np.float64] | None = None


@torch.no_grad()
def sample_slices(
    model: TonnetzLstm,
    history: NDArray[np.bool_],
    steps: int,
    sampling: SliceSampling,
    generator: torch.Generator,
) -> NDArray[np.bool_]:
    """Draw slices one after the other.

    Parameters
    ----------
    history
        What was heard, shape (n, 88), n at least 1.
    steps
        How many slices to draw.
    generator
        The only source of chance; on the CPU.

    Returns
    -------
    NDArray
        Boolean, shape (steps, 88); no slice is empty.
    """
    model.eval()
    bias = torch.zeros(PITCHES) if sampling.bias is None else torch.from_numpy(sampling.bias)
    heard = torch.from_numpy(history[-REMEMBERED_SLICES:]).float()[None]
    logits, memory = model(heard)
    drawn: list[Tensor] = []
    stuck = 0
    for _ in range(steps):
        held = logits[0, -1].double() + bias
        recent = drawn[-_STUCK_SLICES:]
        stuck = stuck + 1 if len(recent) == _STUCK_SLICES and _different(recent) <= 2 else 0
        if stuck:
            held = held - _STUCK_PENALTY * stuck * torch.stack(recent).any(dim=0)
        chosen = _draw(held, sampling, generator)
        drawn.append(chosen)
        logits, memory = model(chosen.float()[None, None], None, _trim(memory))
    return torch.stack(drawn).numpy().astype(np.bool_)


def _draw(logits: Tensor, sampling: SliceSampling, generator: torch.Generator) -> Tensor:
    """Draw one slice, never an empty one."""
    scaled = _balance(logits / sampling.temperature, sampling.density)
    chance = torch.sigmoid(scaled)
    ranked = torch.sort(chance, descending=True, stable=True)
    before = ranked.values.cumsum(0) - ranked.values
    kept = before < sampling.top_p * chance.sum()
    chance = torch.zeros_like(chance).scatter(0, ranked.indices[kept], ranked.values[kept])
    chosen = torch.rand(PITCHES, generator=generator, dtype=torch.float64) < chance
    chosen = _without_clusters(chosen, scaled)
    if not chosen.any():
        best = torch.topk(scaled, 3)
        pick = torch.multinomial(torch.softmax(best.values, 0), 1, generator=generator)
        chosen[best.indices[pick]] = True
    return chosen


def _balance(logits: Tensor, density: float) -> Tensor:
    """Shift logits so that about as many pitches are expected as are wished for."""
    expected = float(torch.sigmoid(logits).sum())
    wished = min(max(expected, _THIN * density), _CROWDED * density)
    if wished == expected:
        return logits
    low, high = -20.0, 20.0
    for _ in range(40):
        middle = (low + high) / 2
        if float(torch.sigmoid(logits + middle).sum()) < wished:
            low = middle
        else:
            high = middle
    return logits + (low + high) / 2


def _without_clusters(chosen: Tensor, logits: Tensor) -> Tensor:
    """Of two chosen pitches a semitone apart keep the likelier.

    Pitches are drawn independently, so two candidates for the same note are sometimes both drawn.
    """
    kept = chosen.clone()
    order = torch.sort(torch.where(chosen, logits, _NEVER), descending=True, stable=True).indices
    for index in order[: int(chosen.sum())].tolist():
        if kept[index]:
            for neighbour in (index - 1, index + 1):
                if 0 <= neighbour < PITCHES:
                    kept[neighbour] = False
    return kept


def _different(slices: list[Tensor]) -> int:
    return len(torch.unique(torch.stack(slices), dim=0))


def _trim(memory: Memory) -> Memory:
    """Forget what lies further back than the echo may look, so that long takes stay fast."""
    surplus = memory.keys.shape[1] - REMEMBERED_SLICES
    if surplus <= 0:
        return memory
    return Memory(memory.hidden, memory.cell, memory.heard[:, surplus:], memory.keys[:, surplus:])
