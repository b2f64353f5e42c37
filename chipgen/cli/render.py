"""`chipgen render`: a seed MIDI becomes NES music."""

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


@click.command(
    epilog="""\b
Examples:
  chipgen render seed.mid -o out.wav
  chipgen render seed.mid -o out.flac --bars 32 --preset chord-arpeggio --seed 7
  chipgen render song.mid -o song.wav --as-is --region pal --filter famicom
"""
)
@click.argument("source", metavar="SEED.mid", type=INPUT_FILE)
@click.option("--output", "-o", type=OUTPUT_FILE, required=True, help="Audio file to write.")
@click.option("--as-is", is_flag=True, help="Play the file as it is; the same as --bars 0.")
@click.option("--midi", "midi_path", type=OUTPUT_FILE, help="Keep the score in this MIDI file too.")
@compose_options
@sound_options
@force_option
def command(
    source: Path, output: Path, as_is: bool, midi_path: Path | None, force: bool, **options: Any
) -> None:
    """Compose on from SEED.mid, voice it for the chip and write the sound.

    The seed is heard first, then its continuation, through the four channels of a 2A03.
    """
    from chipgen import pipeline

    began = time.perf_counter()
    pipeline.check_outputs([output], pipeline.AUDIO_SUFFIXES, overwrite=force)
    if midi_path is not None:
        pipeline.check_outputs([midi_path], pipeline.MIDI_SUFFIXES, overwrite=force)
    if as_is:
        options["bars"] = 0
    config = sound_config(options)
    seed = pipeline.read_seed(source)
    take = pipeline.compose_take(
        seed, options["model"], compose_config(options), options["rng_seed"]
    )
    sound = pipeline.voice(take.score, config)
    with progress_bar(output.name) as progress:
        info = pipeline.write_sound(output, sound, config, overwrite=force, progress=progress)
    if midi_path is not None:
        pipeline.write_take(midi_path, take, config, overwrite=force)
    for remark in take.remarks:
        click.echo(f"note: {remark}", err=True)
    click.echo(
        f"{output}: {describe_take(take)}, preset {config.preset.name}, "
        f"{info.duration_s:.1f} s, took {time.perf_counter() - began:.1f} s",
        err=True,
    )


def describe_take(take: Any) -> str:
    """Say in a few words how many bars of what a take holds."""
    bars = f"{take.seed_bars} seed bars"
    if not take.generated_bars:
        return f"{bars}, nothing composed"
    return f"{bars} + {take.generated_bars} generated ({take.model}, seed {take.rng_seed})"
