"""The schedule of a training: its length, its learning rate, and when it is evaluated."""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """The length, learning rate and evaluations of a training.

    Attributes
    ----------
    steps, epochs
        Its length at most; one of the two is given.
    warmup_steps
        Steps over which the learning rate rises.
    fall
        Share of the highest rate at each share of the way, 0–1 to 0–1.
    clip
        Largest norm of the gradient.
    average
        How much of the past a running mean of the weights keeps at each step; with 0 the weights
        themselves are measured and kept.
    evaluate_steps
        Steps between evaluations; 0 evaluates after each epoch.
    patience
        Evaluations without a lower validation loss after which training stops; None: never.
    log_steps
        Steps between lines of the training loss alone; 0 writes it with evaluations only.
    evaluate_first
        Whether the weights are measured before the first step, and kept if none are better.
    """

    steps: int | None = None
    epochs: int | None = None
    warmup_steps: int = 0
    fall: Callable[[float], float] = lambda _: 1.0
    clip: float = 1.0
    average: float = 0.0
    evaluate_steps: int = 0
    patience: int | None = None
    log_steps: int = 0
    evaluate_first: bool = False


def cosine_fall(share: float) -> float:
    """Return 1 at the beginning, falling along a cosine to a hundredth.

    Examples
    --------
    >>> cosine_fall(0.0), round(cosine_fall(0.5), 3), cosine_fall(1.0)
    (1.0, 0.5, 0.01)
    """
    return max(0.01, 0.5 * (1.0 + math.cos(math.pi * share)))


def linear_fall(share: float, over: float) -> float:
    """Return 1, and over the last part of the way fall in a line to nothing.

    Examples
    --------
    >>> linear_fall(0.5, 0.4), round(linear_fall(0.8, 0.4), 3), linear_fall(1.0, 0.0)
    (1.0, 0.5, 1.0)
    """
    return min(1.0, (1.0 - share) / over) if over else 1.0
