"""A model's file to its tensors and where they come from, read without torch."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from chipgen import __version__
from chipgen.errors import ChipgenError

HEADER: Final = "chipgen-model"


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


def read_info(path: Path) -> ModelInfo:
    """Read a checkpoint's header alone.

    Raises
    ------
    ChipgenError
        If the file is not a model's checkpoint, or damaged.
    """
    return _read(path, with_tensors=False)[1]


def read_arrays(path: Path) -> tuple[dict[str, NDArray[np.float32]], ModelInfo]:
    """Read a checkpoint's tensors, as float32, and its header.

    Raises
    ------
    ChipgenError
        If the file is not a model's checkpoint, or damaged.
    """
    return _read(path, with_tensors=True)


def _read(path: Path, *, with_tensors: bool) -> tuple[dict[str, NDArray[np.float32]], ModelInfo]:
    try:
        with safe_open(path, framework="np") as archive:
            text = (archive.metadata() or {}).get(HEADER)
            if text is None:
                raise ChipgenError(f"{path} holds no chipgen model; train one with `chipgen train`")
            names = archive.keys() if with_tensors else ()
            arrays = {name: archive.get_tensor(name).astype(np.float32) for name in names}
        return arrays, ModelInfo(**json.loads(text))
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise ChipgenError(f"{path} is not a model's checkpoint, or damaged ({error})") from error
