"""`chipgen export`: a chip file becomes another: VGM, NSF, a cartridge."""

from pathlib import Path

import click

from chipgen.cli.options import INPUT_FILE, OUTPUT_FILE, force_option


@click.command(
    epilog="""\b
Examples:
  chipgen export song.vgz -o song.nes --title "My song"
  chipgen export album.nsf --track 3 -o song.vgm --seconds 90
"""
)
@click.argument("source", metavar="IN", type=INPUT_FILE)
@click.option(
    "--output", "-o", type=OUTPUT_FILE, required=True, help="File to write: .vgm .vgz .nsf .nes"
)
@click.option(
    "--track", type=click.IntRange(1, 256), default=1, show_default=True, help="Track of an NSF."
)
@click.option(
    "--seconds",
    type=click.FloatRange(0, 86_400, min_open=True),
    help="How much to take.  [default: all, with its loop]",
)
@click.option("--title", help="Title the file carries.  [default: IN's, or the name of OUT]")
@click.option("--artist", help="Artist the file carries.  [default: IN's]")
@click.option("--copyright", "rights", help="Year and owner.  [default: IN's]")
@force_option
def command(
    source: Path,
    output: Path,
    track: int,
    seconds: float | None,
    title: str | None,
    artist: str | None,
    rights: str | None,
    force: bool,
) -> None:
    """Write the music of IN (.vgm .vgz .nsf) as a file that chip players or a console play."""
    from synth.formats.files import check_chip_path, read_chip_file, write_chip_file

    check_chip_path(output, overwrite=force)
    file = read_chip_file(source, track, seconds)
    warnings = write_chip_file(
        output,
        file.log,
        title=file.titles.title if title is None else title,
        artist=file.titles.artist if artist is None else artist,
        copyright=file.titles.copyright if rights is None else rights,
        overwrite=force,
    )
    for warning in (*file.warnings, *warnings):
        click.echo(f"chipgen: warning: {source}: {warning}", err=True)
    loop = "" if file.log.loop_cycle is None else ", looping"
    click.echo(
        f"{output}: {file.log.duration_s:.1f} s{loop}, {output.stat().st_size} bytes", err=True
    )
