"""`chipgen plot`: draws a song's voices and its sound."""

from pathlib import Path
from typing import Any

import click

from chipgen.cli.command import FILES, Choice, Command, option, status
from chipgen.cli.files import INPUT_FILE, OUTPUT_FILE, STREAM, output_file
from chipgen.cli.options import (
    asked,
    check,
    force_option,
    in_place_option,
    lists_formats,
    may_replace,
    named_files,
    request_options,
)
from chipgen.cli.progress import progress_bar
from chipgen.errors import RequestError
from chipgen.music.formats import SCORE
from chipgen.request.compose_fields import ComposeFields
from chipgen.request.output_fields import RateFields
from chipgen.request.sound_fields import ArrangeFields, ReadFields, SoundFields
from chipgen.request.targets import PICTURE
from chipgen.request.values import Bars, read_bars


@lists_formats(SCORE)
@click.command(
    cls=Command,
    context_settings={"default_map": {"bars": 0}},
    epilog="""\b
Examples:
  chipgen plot song.mid -o roll.png
  chipgen plot song.mid -o roll.svg --lower waveform --show 1-8
  chipgen plot seed.mid -o take.png --bars 16
""",
)
@click.argument("source", metavar="INPUT", type=INPUT_FILE)
@option(
    "--output", "-o", type=OUTPUT_FILE, metavar="FILE", group=FILES,
    short="Picture: .png, .svg or .pdf; - is standard output.",
    help="Picture: .png, .svg or .pdf; - is standard output.  [default: beside INPUT, with the "
    "suffix of --format]",
)  # fmt: skip
@option(
    "--format", "picture_format", type=Choice(["png", "svg", "pdf"]), default=None, group=FILES,
    short="Format, where the file's name does not say. [png]",
    help="Format, where the file's name does not say: standard output, and without -o.  "
    "[default: png]",
)  # fmt: skip
@click.option(
    "--lower",
    type=Choice(["spectrogram", "waveform", "labels"]),
    default="spectrogram",
    show_default=True,
    help="What to draw below the piano roll: the sound, or chords, keys and form that are heard.",
)
@click.option("--show", metavar="FIRST-LAST", help="Bars to show.  [default: all]")
@click.option("--title", help="Title above the picture.  [default: the file's name and the preset]")
@request_options(ComposeFields, SoundFields, RateFields, ArrangeFields, ReadFields)
@force_option
@in_place_option
def command(
    source: Path,
    output: Path | None,
    picture_format: str | None,
    lower: str,
    show: str | None,
    title: str | None,
    force: bool,
    in_place: bool,
    **options: Any,
) -> None:
    """Draw INPUT as the chip plays it: a piano roll by voice above its sound or its harmony.

    Arpeggios are drawn as thin bars, notes that found no voice as crosses, those that moved by
    octaves with a frame where they were written. The reasons are listed below.
    """
    if picture_format and output is not None and output != STREAM:
        raise RequestError(f"--format: the name of {output} says it; leave one of them out")
    suffix = f".{picture_format or 'png'}"
    with output_file(output, source, suffix) as path:
        _plot(source, path, lower, show, title, force, in_place, options)
        status(f"{path}: drawn")


def _plot(
    source: Path,
    output: Path,
    lower: str,
    show: str | None,
    title: str | None,
    force: bool,
    in_place: bool,
    options: dict[str, Any],
) -> None:
    import logging

    import numpy as np

    from chipgen.app import pipeline, stage_settings
    from chipgen.app.sound import audio_blocks
    from chipgen.plot.picture import check_picture, picture_of, write_picture
    from synth.instrument.preset_loader import load_preset

    # Without a home to write in matplotlib uses a temporary folder, and would say so.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    request = asked(options)
    force = may_replace([output], [source, *named_files(request)], force=force, in_place=in_place)
    check_picture(output, overwrite=force)
    span = _span(show)
    check(request, source, PICTURE)
    preset = load_preset(request.preset)
    with progress_bar(output.name, "bar") as composing:
        take = pipeline.read_take(source, request, composing)
    bars = len(take.score.bar_starts_beats())
    if span is not None and span.last > bars:
        raise RequestError(f"--show {span}: {source} has {bars} bars; give some of these")
    sound = pipeline.voice_take(take, request, preset)
    assert sound.arrangement is not None  # a take always has one
    rate_hz = stage_settings.rate_of(request)
    blocks = list(audio_blocks(sound, rate_hz))
    picture = picture_of(
        take, sound.arrangement, np.concatenate(blocks)[:, 0], rate_hz,
        title=f"{source.stem} · preset {preset.name}" if title is None else title,
        lower=lower, show=span,
    )  # fmt: skip
    write_picture(output, picture, overwrite=force)


def _span(text: str | None) -> Bars | None:
    """Read the bars that ``--show`` names."""
    try:
        return None if text is None else read_bars(text)
    except ValueError as error:
        raise RequestError(f"--show: {error}") from None
