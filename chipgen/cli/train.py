"""`chipgen train`: trains a model on a folder of MIDI."""

import contextlib
import importlib
from pathlib import Path

import click

from chipgen.cli.command import Command, status
from chipgen.cli.files import ReadFile
from chipgen.models.registry import settings_file, trained_names, trainer_of


@click.command(
    cls=Command,
    epilog=f"""MODEL is one of {", ".join(trained_names())}.

\b
Examples:
  chipgen train row-transformer --data nesmdb_midi -o run
  chipgen train row-transformer --data nesmdb_midi -o run --resume
  chipgen train row-transformer --init shipped --data my_songs -o runs/mine
  chipgen generate seed.mid -o out.mid --model runs/mine/row-transformer.safetensors
  torchrun --nproc-per-node 4 -m chipgen train row-transformer --data nesmdb_midi -o run
  tensorboard --logdir run/curves
""",
)
@click.argument("model", metavar="MODEL")
@click.option(
    "--config", type=ReadFile("settings"), help="YAML of settings.  [default: as shipped]"
)
@click.option(
    "--data",
    "data_path",
    metavar="DIR|CACHE",
    type=click.Path(path_type=Path),
    required=True,
    help="A folder with train/ and valid/, or any folder of MIDI, a tenth of which is held out; "
    "for tonnetz-lstm also a cache made by `chipgen dataset prepare`.",
)
@click.option(
    "--also",
    metavar="DIR",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Another folder, whose train/ is learned from as well (row-transformer); `mixture` in the "
    "settings tells how often. May be given more than once.",
)
@click.option(
    "--output",
    "-o",
    "folder",
    metavar="RUN",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for checkpoints, figures, curves, previews and the report.",
)
@click.option("--resume", is_flag=True, help="Go on with the run in that folder.")
@click.option(
    "--init",
    metavar="shipped|FILE",
    default="",
    help="Begin from the shipped weights or a checkpoint, with gentle settings: fine-tuning.",
)
@click.option(
    "--preview",
    "preview_seed",
    metavar="SEED.mid",
    type=ReadFile("MIDI"),
    help="Render a take that continues SEED.mid after each evaluation.  [default: with --init, "
    "from a held-out song]",
)
@click.option(
    "--cache",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder for prepared data, which runs may share.  [default: the run's]",
)
def command(
    model: str,
    config: Path | None,
    data_path: Path,
    also: tuple[Path, ...],
    folder: Path,
    resume: bool,
    init: str,
    preview_seed: Path | None,
    cache: Path | None,
) -> None:
    """Train MODEL and keep the weights that score best on valid.

    The separator belongs to the arranger: it finds voices in notes without names. The chord
    recogniser is fitted to POP909, as its repository has it. The performer plays composed notes
    with ornaments, timing and volumes, and is trained on NES-MDB.
    """
    from chipgen.cli.training_preview import render_preview
    from chipgen.errors import ChipgenError
    from chipgen.music.formats import read_score
    from synth.extras import require_extra
    from synth.temporary_files import output_folder

    trainer = trainer_of(model)
    require_extra("train", "training", "torch", "lightning_fabric", "matplotlib")
    from chipgen.training.fabric import process_rank
    from chipgen.training.training_request import TrainRequest

    config = config or settings_file(model, finetune=bool(init))
    if not data_path.exists():
        raise ChipgenError(f"{data_path}: no such folder; name one that holds MIDI files")
    if also and model != "row-transformer":
        raise click.UsageError(f"--also is for row-transformer; {model} learns from one folder")
    if preview_seed:
        read_score(preview_seed)  # whatever is wrong with it is told before hours of training
    is_first = process_rank() == 0
    if is_first:
        _check_run(folder, model, resume=resume)
        if cache and cache.exists() and not cache.is_dir():
            raise ChipgenError(f"{cache} is a file; name a folder for prepared data")
    request = TrainRequest(
        config=config,
        data=data_path,
        folder=folder,
        cache=cache,
        init=init,
        preview=render_preview if init or preview_seed else None,
        preview_seed=preview_seed,
        progress=is_first,
        also=also,
    )
    with contextlib.ExitStack() as stack:
        if is_first:
            for path in (folder, cache or folder):
                stack.enter_context(output_folder(path))
        trained = importlib.import_module(trainer).train(request)
    if is_first:
        status(f"{trained.path}: {trained.summary}; {trained.report}")


def _check_run(folder: Path, model: str, *, resume: bool) -> None:
    """Refuse a folder whose files are not those of a run that can be begun or gone on with."""
    from chipgen.errors import ChipgenError

    if folder.exists() and not folder.is_dir():
        raise ChipgenError(f"{folder} is a file; name a folder for the run")
    if not resume and folder.is_dir() and any(folder.iterdir()):
        raise ChipgenError(f"{folder} is not empty; add --resume to go on, or name a new folder")
    if resume and not folder.is_dir():
        raise ChipgenError(f"{folder}: there is no run to resume")
    if resume and not any(folder.glob("*.state.pt")):
        for name in ("report.md", f"{model}.safetensors"):  # which a run writes last
            if (folder / name).exists():
                raise ChipgenError(
                    f"{folder} holds {name} and no run's state, so it cannot be resumed; name "
                    "another folder"
                )
