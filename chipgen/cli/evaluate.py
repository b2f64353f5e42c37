"""`chipgen evaluate`: figures for models and the arranger, with baselines beside them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import click

_data_option = click.option(
    "--data",
    "data_path",
    metavar="CACHE|DIR",
    type=click.Path(path_type=Path),
    required=True,
    help="A folder of MIDI with train/, valid/ or test/, or a cache made of one.",
)

_NO_TRAIN: Final = (
    "note: without train/ there are no baselines, which are counted on it, and songs that it has "
    "too are not left out"
)


@click.group()
def command() -> None:
    """Measure models and the arranger."""


@command.command(
    epilog="""\b
Example:
  chipgen evaluate nll --task rows --data nesmdb_midi --split valid
"""
)
@click.option(
    "--model",
    "model_name",
    default=None,
    help="A shipped model's name, or the path of a checkpoint.  [default: the shipped one that "
    "knows the task]",
)
@click.option(
    "--task",
    type=click.Choice(["slices", "rows", "frames12"]),
    default="slices",
    show_default=True,
    help="slices: every 0.5 s slice from the 17th on, from those before it. rows, frames12: what "
    "four voices do at each row of the song's own grid, or each 1/12 s (row-transformer).",
)
@_data_option
@click.option(
    "--split",
    type=click.Choice(["train", "valid", "test"]),
    default=None,
    help="What to score.  [default: test if there, else valid]",
)
def nll(model_name: str | None, task: str, data_path: Path, split: str | None) -> None:
    """Print nats a slice and F1 (or nats a second), with baselines counted on train beside them.

    Where songs of the split are among the training songs too, by their notes, a second table leaves
    them out.
    """
    model_name = model_name or ("tonnetz-lstm" if task == "slices" else "row-transformer")
    if task != "slices":
        from synth.extras import require_extra

        require_extra("train", "scoring rows", "torch")
        from chipgen.training.rows_report import report_rows

        compared = report_rows(model_name, data_path, task, split, progress=True)
        click.echo(compared.text())
        if compared.repeated is None:
            click.echo(_NO_TRAIN, err=True)
        return
    from chipgen.dataset.cache import DatasetConfig, load_data
    from chipgen.music.note_grid import SLICE_S
    from chipgen.training.slices_report import compare_on_slices

    data = load_data(data_path, DatasetConfig(step_s=SLICE_S), progress=True)
    click.echo(compare_on_slices(model_name, data, split or default_split(data.songs)).text())
    if "train" not in data.songs:
        click.echo(_NO_TRAIN, err=True)


@command.command(
    epilog="""\b
Example:
  chipgen evaluate arrange --data nesmdb_midi
"""
)
@click.option(
    "--data",
    "data_dir",
    metavar="DIR",
    type=click.Path(path_type=Path),
    required=True,
    help="A folder of NES-MDB MIDI with train/, valid/ or test/.",
)
@click.option(
    "--split",
    type=click.Choice(["train", "valid", "test"]),
    default=None,
    help="What to score.  [default: test if there, else valid]",
)
@click.option(
    "--timing",
    type=click.Choice(["both", "logged", "frames"]),
    default="both",
    show_default=True,
    help="Onsets as they are in the files, or rounded to 1/60 s.",
)
def arrange(data_dir: Path, split: str | None, timing: str) -> None:
    """Print how well the arranger finds the voices of songs whose notes were made nameless."""
    from chipgen.dataset.splits import split_files
    from chipgen.training.evaluate_arrange import TIMINGS, evaluate_arrange, format_arrange_table

    split = split or default_split(split_files(data_dir))
    timings = TIMINGS if timing == "both" else (timing,)
    click.echo(f"arrange: {split}")
    click.echo(format_arrange_table(evaluate_arrange(data_dir, split, timings=timings)))


def default_split(splits: Iterable[str]) -> str:
    """Return what is scored when nobody says: test if it is there, else valid, else train.

    Examples
    --------
    >>> default_split(["train", "valid"])
    'valid'
    """
    return next(name for name in ("test", "valid", "train") if name in splits)
