"""`chipgen render`: turns a seed MIDI into NES music."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chipgen.cli.level_report import describe_level
from chipgen.cli.options import (
    INPUT_FILE,
    OUTPUT_FILE,
    as_it_is,
    asked,
    check,
    file_target,
    force_option,
    in_place_option,
    lists_formats,
    may_replace,
    named_files,
    progress_bar,
    request_options,
    tell_remarks,
    write_each_track,
)
from chipgen.errors import RequestError
from chipgen.music.formats import ANYTHING, SCORE, SOUND
from chipgen.printable import echo
from chipgen.request import Request
from chipgen.request.compose_fields import ComposeFields, RewriteFields
from chipgen.request.output_fields import DeliveryFields, NotesFields
from chipgen.request.sound_fields import ArrangeFields, SoundFields, SourceFields
from chipgen.request.targets import Target

if TYPE_CHECKING:
    from chipgen.compose import Composition


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
@request_options(
    ComposeFields,
    RewriteFields,
    SoundFields,
    ArrangeFields,
    SourceFields,
    NotesFields,
    DeliveryFields,
)
@force_option
@in_place_option
def command(
    source: Path,
    output: Path,
    as_is: bool,
    midi_path: Path | None,
    force: bool,
    in_place: bool,
    **options: Any,
) -> None:
    """Continue SEED, arrange it for the chip and write the sound.

    SEED is a score such as a MIDI file. It is played first, then its continuation, on the four
    channels of a 2A03. A chip file is played as it is.
    """
    from chipgen.app import pipeline, source_files, stage_settings

    began = time.perf_counter()
    request = as_it_is(asked(options)) if as_is else asked(options)
    target = file_target(output, SOUND, request.file_format)
    if midi_path is not None:
        target = Target(target.name, target.holds | {"notes"})
    check(request, source, target, takes_all=True)
    wanted = stage_settings.delivery_of(request, output)
    outputs = [output] if midi_path is None else [output, midi_path]
    force = may_replace(outputs, [source, *named_files(request)], force=force, in_place=in_place)
    pipeline.check_output(output, SOUND, wanted, overwrite=force)
    if midi_path is not None:
        pipeline.check_output(midi_path, SCORE, wanted, overwrite=force)
    if midi_path is not None and source_files.is_chip_file(source):
        raise RequestError(f"--midi needs a score, and {source} holds register writes")
    write_each_track(
        source, output, request,
        lambda path, each: _render(source, path, midi_path, each, began, force=force),
    )  # fmt: skip


def _render(
    source: Path,
    output: Path,
    midi_path: Path | None,
    request: Request,
    began: float,
    *,
    force: bool,
) -> None:
    """Write one piece of music and tell about it."""
    from chipgen.app import pipeline, stage_settings

    wanted = stage_settings.delivery_of(request, output)
    sound = pipeline.make_sound(source, request)
    with progress_bar(output.name) as progress:
        written = pipeline.write_sound(output, sound, wanted, overwrite=force, progress=progress)
    if midi_path is not None and sound.take is not None:
        pipeline.write_score(
            midi_path, sound.take, source, overwrite=force, loop_marks=request.loop_marks
        )
    tell_remarks((*sound.remarks, *written.remarks))
    account = [] if sound.take is None else [describe_take(sound.take)]
    account += [] if sound.take is None or sound.preset is None else [f"preset {sound.preset.name}"]
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
    echo(f"{names}: {', '.join(account)}", err=True)


def describe_take(take: "Composition") -> str:
    """Say in a few words how many bars of what a take holds."""
    if take.done:
        return f"{take.done} ({take.model}, seed {take.rng_seed})"
    bars = f"{take.seed_bars} seed {'bar' if take.seed_bars == 1 else 'bars'}"
    if not take.generated_bars:
        return f"{bars}, nothing composed"
    return f"{bars} + {take.generated_bars} generated ({take.model}, seed {take.rng_seed})"
