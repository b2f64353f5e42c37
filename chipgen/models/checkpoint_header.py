"""Reads a checkpoint's header and arrays without torch.

Nothing of a file reaches compiled code before its header, the names, shapes and numbers of its
arrays are what the model's row of the table of models declares.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from chipgen import __version__
from chipgen.declared_arrays import read_declared
from chipgen.errors import CheckpointError
from chipgen.models.registry import MODELS, MOST_BYTES, load_named
from synth.fileformat import check_regular

HEADER: Final = "chipgen-model"
LARGEST: Final = 1e6  # of a weight; trained ones stay below 100
_FIELDS: Final = {
    "model": str, "config": dict, "data_fingerprint": str, "metrics": dict, "training": dict,
    "version": str,
}  # fmt: skip


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
    CheckpointError
        If the file is not a model's checkpoint, or damaged.
    """
    return _read(path, with_arrays=False)[1]


def read_arrays(path: Path, model: str = "") -> tuple[dict[str, NDArray[np.float32]], ModelInfo]:
    """Read a checkpoint's arrays, as float32, and its header.

    Parameters
    ----------
    path
        The checkpoint.
    model
        The model that it has to be of; empty where any will do.

    Raises
    ------
    CheckpointError
        If the file is not a checkpoint of the model, or damaged.
    """
    arrays, info = _read(path, with_arrays=True)
    if model and info.model != model:
        raise CheckpointError(f"{path} is a {info.model}; give a {model}")
    return arrays, info


def _read(path: Path, *, with_arrays: bool) -> tuple[dict[str, NDArray[np.float32]], ModelInfo]:
    check_regular(path, "checkpoint", MOST_BYTES)
    try:
        with safe_open(path, framework="np") as archive:
            text = (archive.metadata() or {}).get(HEADER)
            if text is None:
                raise CheckpointError(
                    f"{path} holds no chipgen model; train one with `chipgen train`"
                )
            info = _parse_info(text)
            shapes = _shapes_of(path, info)
            if not with_arrays:
                return {}, info
            try:
                return read_declared(archive, shapes, LARGEST), info
            except ValueError as error:
                raise CheckpointError(
                    f"{path}: its weights do not fit its configuration ({error})"
                ) from error
    except (SafetensorError, OSError, ValueError, TypeError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        way_out = "; `chipgen model export` makes one of a run's state" * (path.suffix == ".pt")
        raise CheckpointError(
            f"{path} is not a model's checkpoint, or damaged ({reason}){way_out}"
        ) from error


def _parse_info(text: str) -> ModelInfo:
    """Return what a header says, each field of its type.

    Raises
    ------
    ValueError
        Names the field that is not.
    """
    values = json.loads(text)
    if not isinstance(values, dict):
        raise ValueError("its header holds no fields")
    for name, kind in _FIELDS.items():
        if not isinstance(values.get(name, kind()), kind):
            raise ValueError(f"its header's {name} is no {kind.__name__}")
    surplus = sorted(set(values) - set(_FIELDS))
    if surplus or not {"model", "config"} <= set(values):
        raise ValueError("its header has other fields than a model's")
    return ModelInfo(**values)


def _shapes_of(path: Path, info: ModelInfo) -> dict[str, tuple[int, ...]]:
    """Return the shapes that a model's arrays must have, by its row of the table of models."""
    if info.model not in MODELS:
        raise CheckpointError(
            f"{path} is of a model called {info.model[:40]!r}; there are: {', '.join(MODELS)}"
        )
    shapes: dict[str, tuple[int, ...]] = load_named(MODELS[info.model].shapes)(info.config)
    return shapes
