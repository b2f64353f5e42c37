"""A trained model to one safetensors file and back.

The file's header holds, as JSON, everything needed to build the model and to know where it comes
from. Half-precision weights are read as float32.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from chipgen import __version__
from chipgen.errors import ChipgenError
from chipgen.models.registry import load_class, weights_path
from synth.files import write_bytes

_HEADER: Final = "chipgen-model"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Where a model comes from.

    Attributes
    ----------
    model
        Its name in the table of models.
    config
        What its class is built from.
    data_fingerprint
        Digest of the data it learned from.
    metrics
        What was measured, such as ``{"valid_nats": 8.3}``.
    training
        The training's settings.
    version
        Of the package that wrote it.
    """

    model: str
    config: dict[str, Any]
    data_fingerprint: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    version: str = __version__


def save_model(
    path: Path, model: nn.Module, info: ModelInfo, *, half: bool = False, overwrite: bool = False
) -> None:
    """Write a model, whole or not at all.

    Parameters
    ----------
    half
        Whether weights are stored as float16, in half the space.
    """
    tensors = {
        name: (tensor.half() if half else tensor).detach().contiguous()
        for name, tensor in model.state_dict().items()
    }
    header = {_HEADER: json.dumps(asdict(info), sort_keys=True)}
    write_bytes(path, save(tensors, metadata=header), overwrite=overwrite)


def read_model(path: Path) -> tuple[dict[str, Tensor], ModelInfo]:
    """Read a checkpoint's tensors, as float32, and its header.

    Raises
    ------
    ChipgenError
        If the file is not a model's checkpoint, or damaged.
    """
    try:
        with safe_open(path, framework="pt") as archive:
            text = (archive.metadata() or {}).get(_HEADER)
            if text is None:
                raise ChipgenError(f"{path} holds no chipgen model; train one with `chipgen train`")
            tensors = {name: archive.get_tensor(name).float() for name in archive.keys()}  # noqa: SIM118
        return tensors, ModelInfo(**json.loads(text))
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise ChipgenError(f"{path} is not a model's checkpoint, or damaged ({error})") from error


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


def count_parameters(model: nn.Module) -> int:
    """Return how many numbers a model has learned."""
    return sum(parameter.numel() for parameter in model.parameters())


def one_thread() -> None:
    """Let torch use one thread, so that sums are taken in one order and takes are repeatable."""
    torch.set_num_threads(1)
