"""Saves the state of a training run, and resumes from it.

With it a run that was killed resumes as if nothing had happened: weights, optimiser moments, their
running mean, place in the epoch and the early stopping's memory are all there. The file is
PyTorch's own format, read as plain tensors and values only, so a state from elsewhere runs no code.
"""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from chipgen.errors import ChipgenError
from chipgen.training.zip_integrity import find_damage
from synth.atomic_write import atomic_path
from synth.fileformat import check_regular


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
    """Everything that a run needs to resume.

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
    """Write the state, whole or not at all.

    Raises
    ------
    SynthError
        If it cannot be written.
    """
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
        try:
            torch.save(values, temporary)
        except RuntimeError as error:  # PyTorch's writer keeps to itself what the system said
            raise ChipgenError(f"{path}: cannot be written; the disk may be full") from error


def load_state(path: Path, identity: dict[str, Any] | None = None) -> State:
    """Read the state of a run.

    A state that holds only its weights, optimisers, mean and step, as the first version of the row
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
    check_regular(path, "training state")
    try:
        damage = find_damage(path)
        if damage:
            raise ChipgenError(f"{path} is not a run's state, or damaged ({damage})")
        values = torch.load(path, map_location="cpu", weights_only=True)
        progress = (
            _read_progress(json.loads(values["progress"]))
            if "progress" in values
            else Progress(step=int(values["step"]), epoch=int(values["step"]))
        )
        theirs = json.loads(values["config"])
        state = State(
            model=_weights(values["model"]),
            optimizers=values["optimizers"],
            average=_weights(values["average"]),
            best=_weights(values.get("best") or values["average"]),
            progress=progress,
            identity=theirs,
        )
        if not isinstance(theirs, dict) or not isinstance(state.optimizers, list):
            raise TypeError("it holds other values than a state")
    except ChipgenError:
        raise
    except Exception as error:  # torch raises what it likes
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:120]
        raise ChipgenError(f"{path} is not a run's state, or damaged ({reason})") from error
    if identity is not None and "progress" in values:
        changed = sorted(key for key in identity if theirs.get(key) != identity[key])
        if changed:
            raise ChipgenError(
                f"{path} is of a run with other {' and '.join(changed)}; resume it with its own, "
                "or begin a new run in another folder"
            )
    return state


def _read_progress(values: dict[str, Any]) -> Progress:
    """Return where a run stands, each value of its type."""
    progress = Progress(**values)
    for part in fields(Progress):
        value, like = getattr(progress, part.name), part.type
        kinds = (int, float) if like is float else (like,)
        if like in (int, float, bool) and type(value) not in kinds:
            raise TypeError(f"{part.name} is no {like}")
    if min(progress.epoch, progress.batch, progress.step) < 0:
        raise ValueError("it counts below 0")
    return progress


def _weights(values: Any) -> dict[str, Tensor]:
    """Return tensors by name; they are numbers, all of them."""
    if not isinstance(values, dict):
        raise TypeError("weights are no tensors by name")
    for name, tensor in values.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise TypeError("weights are no tensors by name")
    return values
