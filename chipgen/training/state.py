"""A training run's whole state to a safetensors file and back, without pickles.

With it a run that was killed goes on as if nothing had happened: weights, optimiser moments, place
in the epoch and the early stopping's memory are all there.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from chipgen.errors import ChipgenError
from synth.files import write_bytes

_HEADER: Final = "chipgen-run"


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
        Training loss so far in this epoch, and what to divide it by.
    best_loss, best_epoch, bad_epochs
        The lowest validation loss, when it was, and epochs since.
    seconds
        Time spent, over all sittings.
    done
        Whether training has ended.
    metrics
        Those of the best epoch.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    loss_weight: float = 0.0
    best_loss: float = float("inf")
    best_epoch: int = -1
    bad_epochs: int = 0
    seconds: float = 0.0
    done: bool = False
    metrics: dict[str, float] = field(default_factory=dict)


def save_state(
    path: Path,
    model: nn.Module,
    best: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
    progress: Progress,
    identity: dict[str, Any],
) -> None:
    """Write the state, whole or not at all.

    Parameters
    ----------
    best
        The weights of the best epoch so far.
    identity
        What the run is of (settings, data); a run is only resumed by its equal.
    """
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    tensors |= {f"best.{name}": tensor for name, tensor in best.items()}
    for index, moments in optimizer.state_dict()["state"].items():
        for name, value in moments.items():
            tensors[f"optimizer.{index}.{name}"] = torch.as_tensor(value)
    header = json.dumps({"progress": asdict(progress), "identity": identity})
    contiguous = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
    write_bytes(path, save(contiguous, metadata={_HEADER: header}), overwrite=True)


def load_state(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, identity: dict[str, Any]
) -> tuple[Progress, dict[str, Tensor]]:
    """Put the state of a run back into model and optimiser.

    Returns
    -------
    progress : Progress
        Where the run stands.
    best : dict
        The weights of its best epoch.

    Raises
    ------
    ChipgenError
        If the file is damaged, or of a run with other settings or data.
    """
    try:
        with safe_open(path, framework="pt") as archive:
            header = json.loads((archive.metadata() or {})[_HEADER])
            tensors = {name: archive.get_tensor(name) for name in archive.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, KeyError) as error:
        raise ChipgenError(f"{path} is not a run's state, or damaged ({error})") from error
    theirs = header["identity"]
    changed = sorted(key for key in identity if theirs.get(key) != identity[key])
    if changed:
        raise ChipgenError(
            f"{path} is of a run with another {' and '.join(changed)}; resume it with its own, "
            "or begin a new run in another folder"
        )
    model.load_state_dict(_part(tensors, "model."))
    state = optimizer.state_dict()
    moments: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _part(tensors, "optimizer.").items():
        index, moment = name.split(".", 1)
        moments.setdefault(int(index), {})[moment] = tensor
    state["state"] = moments
    optimizer.load_state_dict(state)
    return Progress(**header["progress"]), _part(tensors, "best.")


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
