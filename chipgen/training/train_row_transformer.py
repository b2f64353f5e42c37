"""A folder of NES-MDB to a trained `row-transformer`."""

from pathlib import Path

import torch

from chipgen.dataset.nesmdb import split_files
from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import ModelInfo, save_model
from chipgen.training.config import load_settings
from chipgen.training.rows_data import load_rows
from chipgen.training.rows_evaluate import score_rows
from chipgen.training.rows_loop import train_rows
from chipgen.training.rows_settings import RowTransformerSettings


def train_folder(config: Path, data: Path, folder: Path) -> Path:
    """Train, or go on training, in a run's folder.

    Parameters
    ----------
    config
        YAML of `RowTransformerSettings`.
    data
        Holds train/ and valid/ with NES-MDB's MIDI files; their rows are kept in `folder`.
    folder
        Holds the run; a state found in it is gone on from. `log.jsonl` is its log.

    Returns
    -------
    Path
        The checkpoint, `row-transformer.safetensors` in the folder, in half precision.

    Raises
    ------
    ChipgenError
        If a setting is wrong or the data lacks a split.
    """
    settings = load_settings(config, RowTransformerSettings)
    files = split_files(data)
    for split in ("train", "valid"):
        if split not in files:
            raise ChipgenError(f"{data} has no folder {split}/ with MIDI files; training needs it")
    torch.set_num_threads(settings.threads)
    train = load_rows(files["train"], folder / "train.npz")
    valid = load_rows(files["valid"], folder / "valid.npz")
    model = train_rows(settings.loop_config(), train, valid, folder)
    scores = score_rows(model, valid)
    path = folder / "row-transformer.safetensors"
    info = ModelInfo(
        model.name,
        model.describe(),
        train.key,
        {f"valid_{name}": round(value, 4) for name, value in scores.summary().items()},
        settings.model_dump(mode="json"),
    )
    save_model(path, model, info, half=True, overwrite=True)
    return path
