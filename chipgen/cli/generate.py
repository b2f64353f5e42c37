"""`chipgen generate`: `chipgen render`, for composed scores."""

from pathlib import Path
from typing import Any

import click

from chipgen.cli.command import FILES, Command, WholeNumber, option
from chipgen.cli.files import INPUT_FILE, OUTPUT_FILE
from chipgen.cli.make_music import make_music
from chipgen.cli.options import (
    asked,
    force_option,
    in_place_option,
    lists_formats,
    request_options,
)
from chipgen.errors import RequestError
from chipgen.music.formats import ANYTHING, SCORE
from chipgen.request.compose_fields import ComposeFields, RewriteFields, ScratchFields
from chipgen.request.output_fields import DeliveryFields, FormatFields, NotesFields
from chipgen.request.sound_fields import ArrangeFields, ReadFields, SoundFields


@lists_formats(SCORE, ANYTHING)
@click.command(
    cls=Command,
    epilog="""\b
Examples:
  chipgen generate seed.mid -o out.mid
  chipgen generate seed.mid -o take.wav --takes 4 --temperature 1.1
  chipgen generate song.mid -o out.mid --fill 9-12 --takes 3
  chipgen generate seed.mid -o out.mid --bars 8 --seed 42 --without-input
  chipgen generate seed.mid -o out.mid --only noise,triangle
  chipgen generate seed.mid -o out.mid --loop --key "D minor" --tempo 160
  chipgen generate --from-scratch -o out.mid --key Eb --meter 3/4

With --takes K the files are numbered (take-1.wav, take-2.wav, ...) and the
seed numbers count up from --seed, so any take can be made again alone:
`chipgen info take.mid` shows the command line that a MIDI file came from.
""",
)
@click.argument("source", metavar="[INPUT]", type=INPUT_FILE, required=False)
@option(
    "--output", "-o", metavar="FILE", type=OUTPUT_FILE, group=FILES,
    short="File to write; - is standard output.",
    help="File to write; its suffix chooses the format. - is standard output.  [default: beside "
    "INPUT, with the suffix of --format, else .mid]",
)  # fmt: skip
@option(
    "--takes", type=WholeNumber(1, 999), default=1, show_default=True, group="Compose",
    help="How many to make; they are numbered, and their seed numbers count up.",
)  # fmt: skip
@request_options(
    FormatFields,
    ComposeFields,
    RewriteFields,
    ScratchFields,
    SoundFields,
    ArrangeFields,
    ReadFields,
    DeliveryFields,
    NotesFields,
)
@force_option
@in_place_option
def command(
    source: Path | None,
    output: Path | None,
    takes: int,
    force: bool,
    in_place: bool,
    **options: Any,
) -> None:
    """Continue INPUT with a model and write the score: render --format mid.

    It can also rewrite voices (--only, --keep) or bars (--fill) of a piece, or compose without an
    input (--from-scratch).
    """
    request = asked(options)
    if request.bars == 0:
        raise RequestError("--bars must be at least 1: there is nothing to generate")
    make_music(
        source, output, request, usual="mid", contents=ANYTHING, takes=takes,
        force=force, in_place=in_place,
    )  # fmt: skip
