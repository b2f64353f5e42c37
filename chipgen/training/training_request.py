"""A request to train any model."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from torch import nn

from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import load_model

M = TypeVar("M", bound=nn.Module)

Preview = Callable[[Path, Path, Path], None]
"""Called with a checkpoint, a seed's file, and a path without suffix to write the take to."""


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """A training, as the command line has it.

    Attributes
    ----------
    config
        YAML of settings.
    data
        A folder of MIDI, or for slices a cache made by `chipgen dataset prepare`.
    folder
        Holds the run; a state found in it is gone on from.
    cache
        Folder for prepared data, which several runs may share; the run's own if not given.
    init
        A shipped model's name or a checkpoint to begin from; "" begins with chance.
    preview, preview_seed
        Renders a take after every evaluation, and the seed that it continues; a held-out song's
        beginning if not given.
    progress
        Whether bars are drawn on a terminal.
    also
        Further folders of MIDI whose train songs are learned from.
    """

    config: Path
    data: Path
    folder: Path
    cache: Path | None = None
    init: str = ""
    preview: Preview | None = None
    preview_seed: Path | None = None
    progress: bool = False
    also: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training ends with.

    Attributes
    ----------
    path
        The checkpoint with the best weights.
    report
        The report's page.
    summary
        How it went, in a few words.
    """

    path: Path
    report: Path
    summary: str


def load_init(name_or_path: str, kind: type[M]) -> M:
    """Load the model that a training begins from.

    Raises
    ------
    ChipgenError
        If there is none, or it is another kind of model.
    """
    name: str = kind.name  # type: ignore[attr-defined]
    model = load_model(name if name_or_path == "shipped" else name_or_path)
    if not isinstance(model, kind):
        raise ChipgenError(
            f"'{name_or_path}' is a {model.name}; a training of {name} begins from its own kind"
        )
    return model
