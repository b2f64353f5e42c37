"""`chipgen render`: turns music into any format that chipgen writes."""

from pathlib import Path
from typing import Any

import click

from chipgen.cli.command import FILES, Command, WholeNumber, option
from chipgen.cli.files import INPUT_FILE, OUTPUT_FILE
from chipgen.cli.make_music import make_music
from chipgen.cli.options import (
    as_it_is,
    asked,
    force_option,
    in_place_option,
    lists_formats,
    request_options,
)
from chipgen.music.formats import ANYTHING
from chipgen.request.compose_fields import ComposeFields, RewriteFields, ScratchFields
from chipgen.request.output_fields import DeliveryFields, ExportFields, FormatFields, NotesFields
from chipgen.request.sound_fields import ArrangeFields, SoundFields, SourceFields

PARTS = (
    FormatFields,
    ComposeFields,
    RewriteFields,
    ScratchFields,
    SoundFields,
    ArrangeFields,
    SourceFields,
    DeliveryFields,
    NotesFields,
    ExportFields,
)
"""All that can be asked for."""


@lists_formats(ANYTHING, ANYTHING)
@click.command(
    cls=Command,
    epilog="""\b
Examples:
  chipgen render seed.mid -o out.wav
  chipgen render seed.mid -o out.flac --bars 32 --preset bright --seed 7
  chipgen render song.mid --as-is --format nsf
  chipgen render song.mid -o song.ogg --as-is --loops 2 --fade 5
  chipgen render song.mid -o song.nsf --as-is
  chipgen render album.nsf --track 3 --seconds 90 -o out.wav
  chipgen render album.nsfe --track all -o album.flac
  cat song.mid | chipgen render - -o - --format wav --as-is | ffplay -
""",
)
@click.argument("source", metavar="[INPUT]", type=INPUT_FILE, required=False)
@option(
    "--output", "-o", metavar="FILE", type=OUTPUT_FILE, group=FILES,
    short="File to write; - is standard output.",
    help="File to write; its suffix chooses the format. - is standard output.  [default: beside "
    "INPUT, with the suffix of --format, else .wav]",
)  # fmt: skip
@option(
    "--midi", "midi_path", type=OUTPUT_FILE, metavar="FILE", group=FILES,
    help="Keep the score in this file too.",
)  # fmt: skip
@option(
    "--as-is", is_flag=True, group="Compose", short="Play the file as it is; compose nothing.",
    help="Play the file as it is; the same as --bars 0.",
)  # fmt: skip
@option(
    "--takes", type=WholeNumber(1, 999), default=1, show_default=True, group="Compose",
    help="How many to make; they are numbered, and their seed numbers count up.",
)  # fmt: skip
@request_options(*PARTS)
@force_option
@in_place_option
def command(
    source: Path | None,
    output: Path | None,
    midi_path: Path | None,
    as_is: bool,
    takes: int,
    force: bool,
    in_place: bool,
    **options: Any,
) -> None:
    """Turn INPUT into NES music: its sound, its score or a chip file.

    INPUT is a score such as a MIDI file, - for standard input, or an example such as example:seed.
    It is played first, then its continuation, on the four channels of a 2A03. A chip file is played
    as it is.
    """
    request = as_it_is(asked(options)) if as_is else asked(options)
    make_music(
        source, output, request, usual="wav", contents=ANYTHING, takes=takes, midi=midi_path,
        force=force, in_place=in_place,
    )  # fmt: skip
