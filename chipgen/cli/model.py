"""`chipgen model`: lists the models, and exports a training's state as a checkpoint."""

from pathlib import Path

import click

from chipgen.cli.command import Group, status
from chipgen.cli.files import ReadFile
from chipgen.cli.json_output import echo_json, json_option
from chipgen.cli.options import force_option, may_replace
from chipgen.printable import echo


@click.group(cls=Group)
def command() -> None:
    """List models and what they can do; export a training's state as a model."""


@command.command(
    short_help="List the models and what they can do.",
    name="list",
    epilog="\b\nExample:\n  chipgen model list",
)
@json_option
def list_models(as_json: bool) -> None:
    """List the models with what they can be asked for, and the tasks they are scored on."""
    from chipgen.models.registry import MODELS

    if as_json:
        echo_json(
            [
                {
                    "name": name, "summary": entry.summary, "abilities": entry.abilities,
                    "voices": entry.voices, "tasks": [*entry.tasks],
                }
                for name, entry in MODELS.items()
            ]
        )  # fmt: skip
        return
    for name, entry in MODELS.items():
        echo(f"{name}: {entry.summary}")
        for field, values in (
            ("abilities", entry.abilities),
            ("voices", entry.voices),
            ("tasks", entry.tasks),
        ):
            echo(f"  {field + ':':<11}{', '.join(values) or 'none'}")


@command.command(
    short_help="Write a training's state as a model that composes.",
    epilog="""\b
Examples:
  chipgen model export run/row-transformer.state.pt -o mine.safetensors
  chipgen model export run/row-transformer.state.pt -o mine.safetensors --data nesmdb_midi
""",
)
@click.argument("state", type=ReadFile("training state"))
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), required=True, help="Checkpoint to write."
)
@click.option(
    "--data",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Measure it on the held-out songs of this folder.  [default: not measured]",
)
@click.option(
    "--cache", metavar="FILE", type=click.Path(path_type=Path), help="File to keep their rows in."
)
@force_option
def export(state: Path, output: Path, data: Path | None, cache: Path | None, force: bool) -> None:
    """Write STATE, the saved state of a training of row-transformer, as a model that composes.

    A training keeps its best weights by itself; this is for one that was stopped before its first
    evaluation, or whose latest weights are wanted.
    """
    from synth.extras import require_extra

    require_extra("train", "exporting a state", "torch")
    from chipgen.training.export_state import export_state

    may_replace([output, *([] if cache is None else [cache])], [state], force=force)
    figures = export_state(state, output, data=data, cache=cache, overwrite=force)
    status(f"{output}: " + ", ".join(f"{name} {value:g}" for name, value in figures.items()))
