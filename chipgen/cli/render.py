"""`chipgen render`: a seed MIDI becomes NES music."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chipgen.cli.delivery import delivery, delivery_options, describe_level, refuse_delivery
from chipgen.cli.options import (
    INPUT_FILE,
    OUTPUT_FILE,
    compose_options,
    force_option,
    lists_formats,
    loop_marks_option,
    play_as_is,
    progress_bar,
    sound_options,
    source_options,
    tell_remarks,
    write_each_track,
)
from chipgen.cli.wishes import refuse_wishes, tell_ignored, wish_options, wished_job
from chipgen.music.formats import ANYTHING, SCORE, SOUND

if TYPE_CHECKING:
    from chipgen.compose import Composition
    from synth.output.delivery import Delivery


@lists_formats(ANYTHING, SOUND)
@click.command(
    epilog="""\b
Examples:
  chipgen render seed.mid -o out.wav
  chipgen render seed.mid -o out.flac --bars 32 --preset bright --seed 7
  chipgen render song.mid -o song.ogg --as-is --loops 2 --fade 5
  chipgen render song.mid -o song.nsf --as-is
  chipgen render album.nsf --track 3 --seconds 90 -o out.wav
  chipgen render album.nsfe --track all -o album.flac

The suffix of -o chooses the format.
"""
)
@click.argument("source", metavar="SEED", type=INPUT_FILE)
@click.option("--output", "-o", type=OUTPUT_FILE, required=True, help="File to write.")
@click.option("--as-is", is_flag=True, help="Play the file as it is; the same as --bars 0.")
@click.option("--midi", "midi_path", type=OUTPUT_FILE, help="Keep the score in this file too.")
@compose_options
@wish_options
@sound_options
@source_options
@loop_marks_option
@delivery_options
@force_option
def command(
    source: Path, output: Path, as_is: bool, midi_path: Path | None, force: bool, **options: Any
) -> None:
    """Compose on from SEED, a score such as a MIDI file, voice it for the chip, write the sound.

    The seed is heard first, then its continuation, through the four channels of a 2A03. A chip file
    in place of a seed is played as it is.
    """
    from chipgen.app import pipeline

    began = time.perf_counter()
    refuse_delivery(options, output, SOUND)
    wanted = delivery(options, output)
    pipeline.check_output(output, SOUND, wanted, overwrite=force)
    if midi_path is not None:
        pipeline.check_output(midi_path, SCORE, wanted, overwrite=force)
    if as_is:
        play_as_is(options)
    if pipeline.is_chip_file(source):
        options["bars"] = 0
        refuse_wishes(source, options)
        tell_ignored(source)
    write_each_track(
        source, output, options,
        lambda path: _render(source, path, midi_path, wanted, options, began, force=force),
    )  # fmt: skip


def _render(
    source: Path,
    output: Path,
    midi_path: Path | None,
    wanted: "Delivery",
    options: dict[str, Any],
    began: float,
    *,
    force: bool,
) -> None:
    """Write one piece of music and tell about it."""
    from chipgen.app import pipeline

    todo = wished_job(options)
    sound = pipeline.make_sound(source, todo)
    if midi_path is not None and sound.take is None:
        raise click.UsageError(f"--midi needs a score, and {source} holds register writes")
    with progress_bar(output.name) as progress:
        written = pipeline.write_sound(output, sound, wanted, overwrite=force, progress=progress)
    if midi_path is not None and sound.take is not None:
        pipeline.write_score(
            midi_path, sound.take, overwrite=force, loop_marks=options["loop_marks"]
        )
    tell_remarks((*sound.remarks, *written.remarks))
    account = [] if sound.take is None else [describe_take(sound.take)]
    account += [] if sound.take is None else [f"preset {todo.sound.preset.name}"]
    if "mix" in written.audio:
        mix = written.audio["mix"]
        account += [f"{mix.duration_s:.1f} s", describe_level(mix)]
    else:
        account += [] if written.audio else [f"{sound.log.duration_s:.1f} s"]
        account += [
            f"{part} {info.duration_s:.1f} s, {describe_level(info)}"
            for part, info in written.audio.items()
        ]
    account.append(f"took {time.perf_counter() - began:.1f} s")
    files = [output] if "mix" in written.audio else [info.path for info in written.audio.values()]
    names = " + ".join(map(str, files)) if files else output
    click.echo(f"{names}: {', '.join(account)}", err=True)


def describe_take(take: "Composition") -> str:
    """Say in a few words how many bars of what a take holds."""
    if take.done:
        return f"{take.done} ({take.model}, seed {take.rng_seed})"
    bars = f"{take.seed_bars} seed {'bar' if take.seed_bars == 1 else 'bars'}"
    if not take.generated_bars:
        return f"{bars}, nothing composed"
    return f"{bars} + {take.generated_bars} generated ({take.model}, seed {take.rng_seed})"
