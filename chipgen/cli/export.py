"""`chipgen export`: `chipgen render --as-is`, for chip files."""

from pathlib import Path
from typing import Any

import click

from chipgen.cli.command import FILES, Command, option
from chipgen.cli.files import INPUT_FILE, OUTPUT_FILE
from chipgen.cli.make_music import make_music
from chipgen.cli.options import (
    asked,
    force_option,
    in_place_option,
    lists_formats,
    request_options,
)
from chipgen.music.formats import ANYTHING, CHIP
from chipgen.request.compose_fields import ComposeFields
from chipgen.request.output_fields import ExportFields, FormatFields, RateFields
from chipgen.request.sound_fields import ArrangeFields, SoundFields, SourceFields


@lists_formats(ANYTHING, CHIP)
@click.command(
    cls=Command,
    context_settings={"default_map": {"bars": 0}},
    epilog="""\b
Examples:
  chipgen export song.mid -o song.nes --title "My song"
  chipgen export song.mid --format nsf --find-loop
  chipgen export album.nsf --track 3 -o song.vgm --seconds 90
  chipgen export seed.mid -o take.nsf --bars 16
""",
)
@click.argument("source", metavar="INPUT", type=INPUT_FILE)
@option(
    "--output", "-o", metavar="FILE", type=OUTPUT_FILE, group=FILES,
    short="File to write; - is standard output.",
    help="File to write; its suffix chooses the format. - is standard output.  [default: beside "
    "INPUT, with the suffix of --format, else .nsf]",
)  # fmt: skip
@request_options(
    FormatFields,
    ExportFields,
    ComposeFields,
    SoundFields,
    RateFields,
    ArrangeFields,
    SourceFields,
    aliases={"find_loop": ["--loop"]},
)
@force_option
@in_place_option
def command(source: Path, output: Path | None, force: bool, in_place: bool, **options: Any) -> None:
    """Write INPUT for chip players or a console: render --as-is --format nsf.

    INPUT is a score or a chip file; with --bars a score is continued first. Loop marks are kept.
    """
    make_music(
        source, output, asked(options), usual="nsf", contents=CHIP, force=force, in_place=in_place
    )
