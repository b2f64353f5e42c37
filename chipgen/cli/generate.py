"""`chipgen generate`: takes that go on from a seed, as MIDI or as sound."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from chipgen.cli.delivery import delivery, delivery_options
from chipgen.cli.options import (
    INPUT_FILE,
    OUTPUT_FILE,
    compose_options,
    force_option,
    job,
    progress_bar,
    sound_options,
    tell_remarks,
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
    "--output", "-o", type=OUTPUT_FILE, required=True, help="MIDI, audio or chip file to write."
)
@click.option(
    "--takes", type=click.IntRange(1, 999), default=1, show_default=True, help="How many to make."
)
@compose_options
@sound_options
@delivery_options
@force_option
def command(source: Path, output: Path, takes: int, force: bool, **options: Any) -> None:
    """Let the model compose on from SEED.mid and write the score, its sound or a chip file."""
    from chipgen import pipeline

    if options["bars"] == 0:
        raise click.UsageError("--bars must be at least 1: there is nothing to generate")
    wanted = delivery(options, output.suffix)
    targets = [output] if takes == 1 else [numbered(output, k + 1) for k in range(takes)]
    for target in targets:
        pipeline.check_output(target, pipeline.ALL_SUFFIXES, wanted, overwrite=force)
    first = job(options)
    for index, target in enumerate(targets):
        began = time.perf_counter()
        todo = replace(first, rng_seed=(first.rng_seed + index) % 2**32)
        take = pipeline.read_take(source, todo)
        tell_remarks(take.remarks)
        if target.suffix.lower() in pipeline.MIDI_SUFFIXES:
            pipeline.write_score(target, take, overwrite=force)
        else:
            sound = pipeline.voice_take(take, todo)
            with progress_bar(target.name) as progress:
                written = pipeline.write_sound(
                    target, sound, wanted, overwrite=force, progress=progress
                )
            tell_remarks(written.remarks)
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
