"""`chipgen train`: prepared data becomes a model."""

import importlib
from pathlib import Path

import click


@click.command(
    epilog="""\b
Examples:
  chipgen dataset prepare nesmdb_midi -o nesmdb.cache
  chipgen train tonnetz-lstm --data nesmdb.cache -o run
  chipgen train tonnetz-lstm --data nesmdb.cache -o run --resume
  tensorboard --logdir run/curves
"""
)
@click.argument("model", metavar="MODEL")
@click.option(
    "--config", type=click.Path(path_type=Path), help="YAML of settings.  [default: as shipped]"
)
@click.option(
    "--data",
    "data_path",
    metavar="CACHE|DIR",
    type=click.Path(path_type=Path),
    required=True,
    help="A cache made by `chipgen dataset prepare`, or a folder of MIDI.",
)
@click.option(
    "--output",
    "-o",
    "folder",
    metavar="RUN",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for checkpoints, figures and curves.",
)
@click.option("--resume", is_flag=True, help="Go on with the run in that folder.")
def command(model: str, config: Path | None, data_path: Path, folder: Path, resume: bool) -> None:
    """Train MODEL (such as tonnetz-lstm) and keep the weights that do best on valid."""
    from chipgen.dataset.cache import load_data
    from chipgen.errors import ChipgenError
    from chipgen.models.registry import model_entry
    from chipgen.training.config import shipped_config

    entry = model_entry(model)
    config = config or shipped_config(model)
    if not config.is_file():
        raise ChipgenError(f"{config}: no such settings file")
    if folder.exists() and not folder.is_dir():
        raise ChipgenError(f"{folder} is a file; name a folder for the run")
    if not resume and folder.is_dir() and any(folder.iterdir()):
        raise ChipgenError(f"{folder} is not empty; add --resume to go on, or name a new folder")
    if resume and not folder.is_dir():
        raise ChipgenError(f"{folder}: there is no run to resume")
    trainer = importlib.import_module(entry.trainer)
    if hasattr(trainer, "train_folder"):  # a model that reads songs in its own way
        folder.mkdir(parents=True, exist_ok=True)
        path: Path = trainer.train_folder(config, data_path, folder)
    else:
        data = load_data(data_path, progress=True)
        folder.mkdir(parents=True, exist_ok=True)
        path = trainer.train(config, data, folder, progress=True)
    click.echo(f"{path}: the best weights, by the validation loss", err=True)
