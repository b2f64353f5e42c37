"""`chipgen export`: a score or a chip file becomes a file for chip players or the console."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chipgen.cli.options import (
    INPUT_FILE,
    OUTPUT_FILE,
    compose_options,
    force_option,
    job,
    lists_formats,
    sound_options,
    source_options,
    tell_remarks,
    write_each_track,
)
from chipgen.cli.wishes import tell_ignored
from chipgen.music.formats import ANYTHING, CHIP

if TYPE_CHECKING:
    from synth.output.delivery import Delivery


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
@click.option("--title", help="Title the file carries.  [default: IN's, or the name of OUT]")
@click.option("--artist", help="Artist the file carries.  [default: IN's]")
@click.option("--copyright", "rights", help="Year and owner.  [default: IN's]")
@click.option(
    "--loop", is_flag=True, help="Loop over the repetition the music ends with, if none is marked."
)
@compose_options
@sound_options
@source_options
@force_option
def command(
    source: Path,
    output: Path,
    title: str | None,
    artist: str | None,
    rights: str | None,
    force: bool,
    **options: Any,
) -> None:
    """Write the music of IN as a file that chip players or a console play.

    IN is a score, taken as it is or composed on from with --bars, or a chip file. Loop marks go
    along.
    """
    from chipgen.app import pipeline
    from synth.output.delivery import Delivery

    pipeline.check_output(output, CHIP, Delivery(), overwrite=force)
    if pipeline.is_chip_file(source):
        options["bars"] = 0
        tell_ignored(source)
    given = {"title": title, "artist": artist, "copyright": rights}
    wanted = Delivery(tags={name: text for name, text in given.items() if text is not None})
    write_each_track(
        source, output, options, lambda path: _export(source, path, wanted, options, force=force)
    )


def _export(
    source: Path, output: Path, wanted: "Delivery", options: dict[str, Any], *, force: bool
) -> None:
    """Write one piece of music and tell about it."""
    from chipgen.app import pipeline

    sound = pipeline.make_sound(source, job(options))
    written = pipeline.write_sound(output, sound, wanted, overwrite=force)
    tell_remarks((*sound.remarks, *written.remarks))
    if options["loop"] and sound.log.loop_cycle is None:
        why = "register writes" if sound.take is None else "music without a repetition at its end"
        tell_remarks((f"{source} holds {why}: {output} does not loop",))
    loop = "" if sound.log.loop_cycle is None else ", looping"
    click.echo(
        f"{output}: {sound.log.duration_s:.1f} s{loop}, {output.stat().st_size} bytes", err=True
    )
