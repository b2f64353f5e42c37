"""`chipgen plot`: a song becomes a picture of its voices and its sound."""

from pathlib import Path
from typing import Any

import click

from chipgen.cli.options import (
    DEFAULT_RATE_HZ,
    INPUT_FILE,
    OUTPUT_FILE,
    compose_options,
    force_option,
    job,
    lists_formats,
    reading_options,
    sound_options,
)
from chipgen.music.formats import SCORE


class _Span(click.ParamType):  # type: ignore[type-arg]
    """Bars such as ``3-8`` or ``5``, counted from 1, as a pair."""

    name = "span"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        first, _, last = str(value).partition("-")
        try:
            span = int(first), int(last or first)
        except ValueError:
            span = 0, 0
        if not 1 <= span[0] <= span[1]:
            self.fail(f"{value!r} is not a span of bars, such as 1-8 or 5", param, ctx)
        return span


@lists_formats(SCORE)
@click.command(
    context_settings={"default_map": {"bars": 0}},
    epilog="""\b
Examples:
  chipgen plot song.mid -o roll.png
  chipgen plot song.mid -o roll.svg --lower waveform --show 1-8
  chipgen plot seed.mid -o take.png --bars 16
""",
)
@click.argument("source", metavar="SONG.mid", type=INPUT_FILE)
@click.option(
    "--output", "-o", type=OUTPUT_FILE, required=True, help="Picture: .png, .svg or .pdf."
)
@click.option(
    "--lower",
    type=click.Choice(["spectrogram", "waveform"]),
    default="spectrogram",
    show_default=True,
    help="What is drawn below the piano roll.",
)
@click.option("--show", type=_Span(), metavar="FIRST-LAST", help="Bars to show.  [default: all]")
@click.option("--title", help="Printed above.  [default: the file's name and the preset]")
@compose_options
@sound_options
@reading_options
@force_option
def command(
    source: Path,
    output: Path,
    lower: str,
    show: tuple[int, int] | None,
    title: str | None,
    force: bool,
    **options: Any,
) -> None:
    """Draw SONG.mid as the chip plays it: a piano roll by voice above its sound.

    Arpeggios are drawn as thin bars, notes that found no voice as crosses, those that moved by
    octaves with a frame where they were written. The reasons are listed below.
    """
    import logging

    import numpy as np

    from chipgen.app import pipeline
    from chipgen.errors import ChipgenError
    from chipgen.plot.picture import Picture, check_picture, write_picture

    # Without a home to write in matplotlib uses a temporary folder, and would say so.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    check_picture(output, overwrite=force)
    todo = job(options)
    take = pipeline.read_take(source, todo)
    sound = pipeline.voice_take(take, todo)
    assert sound.arrangement is not None  # a take always has one
    bars = [*take.score.bar_starts_beats(), take.score.end_beats]
    if show is not None and show[0] >= len(bars):
        raise ChipgenError(f"{source} has {len(bars) - 1} bars; --show {show[0]} is beyond them")
    seconds = [float(s) for s in take.score.beats_to_seconds(bars)]
    rate_hz = options["rate_hz"] or DEFAULT_RATE_HZ
    blocks = list(pipeline.audio_blocks(sound, rate_hz))
    write_picture(
        output,
        Picture(
            score=take.score,
            arrangement=sound.arrangement,
            samples=np.concatenate(blocks)[:, 0],
            rate_hz=rate_hz,
            title=f"{source.stem} · preset {todo.sound.preset.name}" if title is None else title,
            lower=lower,
            span_s=show and (seconds[show[0] - 1], seconds[min(show[1], len(bars) - 1)]),
            seed_end_s=(
                seconds[take.seed_bars] if take.generated_bars and take.seed_bars else None
            ),
        ),
        overwrite=force,
    )
