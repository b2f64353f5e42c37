"""A training run's whole state to one file and back.

With it a run that was killed goes on as if nothing had happened: weights, optimiser moments, their
running mean, place in the epoch and the early stopping's memory are all there. The file is
PyTorch's own format, read as plain tensors and values only, so a state from elsewhere runs no code.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from chipgen.errors import ChipgenError
from synth.atomic_write import atomic_path


@dataclass(slots=True)
class Progress:
    """Where a run stands.

    Attributes
    ----------
    epoch, batch
        The epoch under way and how many of its batches are done.
    step
        Optimiser steps in all.
    loss_sum, loss_weight
        Training loss since it was last written down, and what to divide it by.
    best_loss, best_step, evaluations_since_best
        The lowest validation loss, when it was, and evaluations since.
    seconds
        Time spent, over all sittings.
    owes_evaluation
        Whether the weights are to be measured before the next step.
    done
        Whether training has ended.
    metrics
        Those of the best evaluation.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    loss_weight: float = 0.0
    best_loss: float = float("inf")
    best_step: int = -1
    evaluations_since_best: int = 0
    seconds: float = 0.0
    owes_evaluation: bool = False
    done: bool = False
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """All that a run needs to go on.

    Attributes
    ----------
    model, average, best
        Weights as they are, their running mean (empty where none is kept), and those of the best
        evaluation.
    optimizers
        State of each optimiser.
    progress
        Where the run stands.
    identity
        What the run is of (settings, data); a run is only resumed by its equal.
    """

    model: dict[str, Tensor]
    optimizers: list[dict[str, Any]]
    average: dict[str, Tensor]
    best: dict[str, Tensor]
    progress: Progress
    identity: dict[str, Any]


def save_state(path: Path, state: State) -> None:
    """Write the state, whole or not at all."""
    values = {
        "model": state.model,
        "optimizers": state.optimizers,
        "average": state.average,
        "best": state.best,
        "step": state.progress.step,
        "progress": json.dumps(asdict(state.progress)),
        "config": json.dumps(state.identity),
    }
    with atomic_path(path, overwrite=True) as temporary:
        torch.save(values, temporary)


def clear_remains(path: Path) -> None:
    """Remove what a process killed while it wrote the state `path` has left beside it."""
    for remains in path.parent.glob(f".{path.stem}-*{path.suffix}"):
        remains.unlink(missing_ok=True)


def load_state(path: Path, identity: dict[str, Any] | None = None) -> State:
    """Read the state of a run.

    A state that knows only its weights, optimisers, mean and step, as the first version of the row
    transformer's training wrote it, begins an epoch where it stopped.

    Parameters
    ----------
    identity
        What the state has to be of; not given, it may be of anything.

    Raises
    ------
    ChipgenError
        If the file is damaged, or of a run with other settings or data.
    """
    try:
        values = torch.load(path, map_location="cpu", weights_only=True)
        progress = (
            Progress(**json.loads(values["progress"]))
            if "progress" in values
            else Progress(step=int(values["step"]), epoch=int(values["step"]))
        )
        theirs = json.loads(values["config"])
        state = State(
            model=values["model"],
            optimizers=values["optimizers"],
            average=values["average"],
            best=values.get("best") or values["average"],
            progress=progress,
            identity=theirs,
        )
    except (
        OSError,
        RuntimeError,
        KeyError,
        TypeError,
        ValueError,
        UnpicklingError,
    ) as error:
        raise ChipgenError(
            f"{path} is not a run's state, or damaged ({' '.join(str(error).split())[:120]})"
        ) from error
    if identity is not None and "progress" in values:
        changed = sorted(key for key in identity if theirs.get(key) != identity[key])
        if changed:
            raise ChipgenError(
                f"{path} is of a run with another {' and '.join(changed)}; resume it with its own, "
                "or begin a new run in another folder"
            )
    return state
