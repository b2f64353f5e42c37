"""`chipgen generate`: takes that go on from a seed, as MIDI or as sound."""

import time
from pathlib import Path
from typing import Any

import click

from chipgen.cli.options import (
    INPUT_FILE,
    OUTPUT_FILE,
    compose_config,
    compose_options,
    force_option,
    progress_bar,
    sound_config,
    sound_options,
)
from chipgen.cli.render import describe_take


@click.command(
    epilog="""\b
Examples:
  chipgen generate seed.mid -o out.mid
  chipgen generate seed.mid -o take.wav --takes 4 --temperature 1.1
  chipgen generate seed.mid -o out.mid --bars 8 --seed 42 --without-seed

With --takes K the files are numbered (take-1.wav, take-2.wav, ...) and the
seed numbers count up from --seed, so any take can be made again alone.
"""
)
@click.argument("source", metavar="SEED.mid", type=INPUT_FILE)
@click.option(
    "--output", "-o", type=OUTPUT_FILE, required=True, help="MIDI or audio file to write."
)
@click.option(
    "--takes", type=click.IntRange(1, 999), default=1, show_default=True, help="How many to make."
)
@compose_options
@sound_options
@force_option
def command(source: Path, output: Path, takes: int, force: bool, **options: Any) -> None:
    """Let the model compose on from SEED.mid and write the score or its sound."""
    from chipgen import pipeline

    if options["bars"] == 0:
        raise click.UsageError("--bars must be at least 1: there is nothing to generate")
    targets = [output] if takes == 1 else [numbered(output, k + 1) for k in range(takes)]
    pipeline.check_outputs(targets, pipeline.TAKE_SUFFIXES, overwrite=force)
    config = sound_config(options)
    composing = compose_config(options)
    seed = pipeline.read_seed(source)
    for index, target in enumerate(targets):
        began = time.perf_counter()
        rng_seed = (options["rng_seed"] + index) % 2**32
        take = pipeline.compose_take(seed, options["model"], composing, rng_seed)
        with progress_bar(target.name) as progress:
            pipeline.write_take(target, take, config, overwrite=force, progress=progress)
        for remark in take.remarks:
            click.echo(f"note: {remark}", err=True)
        click.echo(
            f"{target}: {describe_take(take)}, took {time.perf_counter() - began:.1f} s", err=True
        )


def numbered(path: Path, number: int) -> Path:
    """Return `path` with a number before its suffix.

    Examples
    --------
    >>> numbered(Path("take.wav"), 2).name
    'take-2.wav'
    """
    return path.with_name(f"{path.stem}-{number}{path.suffix}")
