"""Saves a trained model as a safetensors file, and loads it.

The file's header holds, as JSON, everything needed to build the model and to know where it comes
from. Half-precision weights are read as float32.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chipgen.errors import ChipgenError
from chipgen.models.checkpoint_header import HEADER, ModelInfo, read_arrays
from chipgen.models.registry import load_class, weights_path
from synth.atomic_write import write_bytes
from synth.extras import require_extra

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["ModelInfo", "count_parameters", "load_model", "one_thread", "read_model", "save_model"]


def save_model(
    path: Path, model: "nn.Module", info: ModelInfo, *, half: bool = False, overwrite: bool = False
) -> None:
    """Write a model, whole or not at all.

    Parameters
    ----------
    half
        Whether weights are stored as float16, in half the space.
    """
    from safetensors.torch import save

    tensors = {
        name: (tensor.half() if half else tensor).detach().contiguous()
        for name, tensor in model.state_dict().items()
    }
    header = {HEADER: json.dumps(asdict(info), sort_keys=True)}
    write_bytes(path, save(tensors, metadata=header), overwrite=overwrite)


def read_model(path: Path) -> "tuple[dict[str, Tensor], ModelInfo]":
    """Read a checkpoint's tensors, as float32, and its header.

    Raises
    ------
    ChipgenError
        If the file is not a model's checkpoint, or damaged.
    MissingExtraError
        If torch is not installed.
    """
    _require_torch()
    import torch

    arrays, info = read_arrays(path)
    return {name: torch.from_numpy(array) for name, array in arrays.items()}, info


def load_model(name_or_path: str | Path) -> Any:
    """Build a model with its weights, ready to be used.

    Parameters
    ----------
    name_or_path
        A shipped model's name or the path of a checkpoint.

    Raises
    ------
    ChipgenError
        If there is no such model or its file cannot be used.
    MissingExtraError
        If torch is not installed.
    """
    path = weights_path(str(name_or_path))
    tensors, info = read_model(path)
    model = load_class(info.model).from_description(info.config)
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise ChipgenError(f"{path}: its weights do not fit its configuration") from error
    model.eval()
    return model


def count_parameters(model: "nn.Module") -> int:
    """Return how many numbers a model has learned."""
    return sum(parameter.numel() for parameter in model.parameters())


def one_thread() -> None:
    """Let torch use one thread, so that sums are taken in one order and takes are repeatable."""
    _require_torch()
    import torch

    torch.set_num_threads(1)


def _require_torch() -> None:
    require_extra("train", "a network in torch", "torch")
