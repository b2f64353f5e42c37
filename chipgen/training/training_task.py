"""What the trainer asks of an objective: batches, a loss, optimisers and a measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

Item = TypeVar("Item")
Weights = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Batch:
    """What an objective is called with.

    Attributes
    ----------
    tensors
        Its arguments.
    counts
        What each of its sums is divided by, over all devices; float32, shape (sums,).
    """

    tensors: tuple[Tensor, ...]
    counts: Tensor


class Task(Protocol[Item]):
    """What is to be learned.

    Attributes
    ----------
    name
        The stage's name in files and curves.
    model
        The network whose weights are kept.
    objective
        Called with a batch's tensors, answers the batch's summed losses, shape (sums,).
    shares
        The weight of each of those sums, once divided by its count, in the loss.
    """

    @property
    def name(self) -> str:
        """What the stage is called."""

    @property
    def model(self) -> nn.Module:
        """The network."""

    @property
    def objective(self) -> nn.Module:
        """The network and its loss."""

    @property
    def shares(self) -> tuple[float, ...]:
        """The losses' weights."""

    def optimizers(self) -> list[torch.optim.Optimizer]:
        """Return what moves the weights; each group has its highest rate as `initial_lr`."""

    def plan_epoch(self, rng: np.random.Generator) -> list[list[Item]]:
        """Choose an epoch's batches, all chance included, so that skipping some is free."""

    def build(self, items: Sequence[Item], *, counted: bool, device: torch.device) -> Batch:
        """Return the batch of some items, on a device; uncounted, its sums and counts are zero."""

    def validate(self, weights: Weights) -> dict[str, float]:
        """Measure weights on the validation data; `valid_loss` decides when to stop."""
