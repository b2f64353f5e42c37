"""A model's name to the module that holds it: a second model is a file and a row.

Nothing here loads torch.
"""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chipgen.errors import ChipgenError


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """Where a model lives.

    Attributes
    ----------
    module, class_name
        The network; it offers `describe`, `from_description` and `log_prob`.
    trainer
        Module with `train(request)`; see `chipgen.training.request`.
    composer
        Module with `load(path)` and `continue_seed(model, prompt, config, rng_seed)`.
    summary
        One line for listings.
    """

    module: str
    class_name: str
    trainer: str
    composer: str
    summary: str


MODELS: Final[dict[str, ModelEntry]] = {
    "tonnetz-lstm": ModelEntry(
        "chipgen.models.tonnetz_lstm.network",
        "TonnetzLstm",
        "chipgen.training.train_tonnetz_lstm",
        "chipgen.compose.slices",
        "Which pitches sound beat by beat: a Tonnetz autoencoder and an LSTM.",
    ),
    "row-transformer": ModelEntry(
        "chipgen.models.row_transformer.network",
        "RowTransformer",
        "chipgen.training.train_row_transformer",
        "chipgen.compose.rows",
        "Four voices row by row: a transformer that recalls what the song has played.",
    ),
}

DEFAULT_MODEL: Final = "row-transformer"

_WEIGHTS: Final = Path(__file__).parent / "weights"


def model_entry(name: str) -> ModelEntry:
    """Return a model's row, or say which models there are."""
    if name not in MODELS:
        raise ChipgenError(f"no model is called '{name}'; there are: {', '.join(MODELS)}")
    return MODELS[name]


def load_class(name: str) -> Any:
    """Import and return a model's class; this loads torch."""
    entry = model_entry(name)
    return getattr(importlib.import_module(entry.module), entry.class_name)


def weights_path(name_or_path: str) -> Path:
    """Return the file with a shipped model's weights, or the path of a checkpoint as given.

    Raises
    ------
    ChipgenError
        If it is neither the name of a shipped model nor an existing file.
    """
    if name_or_path in MODELS:
        path = _WEIGHTS / f"{name_or_path}.safetensors"
        if not path.is_file():
            raise ChipgenError(f"the weights of '{name_or_path}' are not installed ({path.name})")
        return path
    path = Path(name_or_path)
    if not path.is_file():
        raise ChipgenError(
            f"'{name_or_path}' is neither a model ({', '.join(MODELS)}) nor a checkpoint file"
        )
    return path
