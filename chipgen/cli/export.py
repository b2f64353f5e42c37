"""`chipgen export`: writes a score or chip file for chip players or the console."""

from pathlib import Path
from typing import Any

import click

from chipgen.cli.options import (
    INPUT_FILE,
    OUTPUT_FILE,
    asked,
    check,
    file_target,
    force_option,
    in_place_option,
    lists_formats,
    may_replace,
    named_files,
    request_options,
    tell_remarks,
    write_each_track,
)
from chipgen.music.formats import ANYTHING, CHIP
from chipgen.printable import echo
from chipgen.request import Request
from chipgen.request.compose_fields import ComposeFields
from chipgen.request.output_fields import ExportFields, RateFields
from chipgen.request.sound_fields import ArrangeFields, SoundFields, SourceFields


@lists_formats(ANYTHING, CHIP)
@click.command(
    context_settings={"default_map": {"bars": 0}},
    epilog="""\b
Examples:
  chipgen export song.mid -o song.nes --title "My song"
  chipgen export seed.mid -o take.nsf --bars 16
  chipgen export album.nsf --track 3 -o song.vgm --seconds 90
""",
)
@click.argument("source", metavar="IN", type=INPUT_FILE)
@click.option("--output", "-o", type=OUTPUT_FILE, required=True, help="File to write.")
@request_options(ExportFields, ComposeFields, SoundFields, RateFields, ArrangeFields, SourceFields)
@force_option
@in_place_option
def command(source: Path, output: Path, force: bool, in_place: bool, **options: Any) -> None:
    """Write the music of IN as a file that chip players or a console play.

    IN is a score or a chip file; with --bars a score is continued first. Loop marks are kept.
    """
    from chipgen.app import pipeline, stage_settings

    request = asked(options)
    check(request, source, file_target(output, CHIP, request.file_format), takes_all=True)
    wanted = stage_settings.delivery_of(request, output)
    force = may_replace([output], [source, *named_files(request)], force=force, in_place=in_place)
    pipeline.check_output(output, CHIP, wanted, overwrite=force)
    write_each_track(
        source, output, request, lambda path, each: _export(source, path, each, force=force)
    )


def _export(source: Path, output: Path, request: Request, *, force: bool) -> None:
    """Write one piece of music and tell about it."""
    from chipgen.app import pipeline, stage_settings

    wanted = stage_settings.delivery_of(request, output)
    sound = pipeline.make_sound(source, request)
    written = pipeline.write_sound(output, sound, wanted, overwrite=force)
    tell_remarks((*sound.remarks, *written.remarks))
    if request.find_loop and sound.log.loop_cycle is None:
        why = "register writes" if sound.take is None else "music without a repetition at its end"
        tell_remarks((f"{source} holds {why}: {output} does not loop",))
    loop = "" if sound.log.loop_cycle is None else ", looping"
    echo(f"{output}: {sound.log.duration_s:.1f} s{loop}, {output.stat().st_size} bytes", err=True)
