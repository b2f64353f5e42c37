"""Options for levels, stems and loops, and the account of what was written."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from synth.fileformat import Content
    from synth.output.audiofile import AudioInfo
    from synth.output.delivery import Delivery

Command = TypeVar("Command", bound=Callable[..., Any])

NORMAL_PEAK_DBFS: Final = -1.0  # leaves room for the overshoot of lossy formats and resamplers

_OPTIONS: Final = (
    click.option(
        "--bits",
        type=click.Choice(["16", "24", "float"]),
        default="16",
        show_default=True,
        help="Sample format, where the file format has the choice.",
    ),
    click.option(
        "--normalize",
        is_flag=True,
        help=f"Bring the peak to {NORMAL_PEAK_DBFS:g} dBFS.",
    ),
    click.option("--loudness", is_flag=True, help="Measure and tell the loudness in LUFS."),
    click.option(
        "--stems",
        type=click.Choice(["isolated", "apu"]),
        help="Write one file a voice too: each alone, or so that they add up to the mix.",
    ),
    click.option(
        "--loops",
        type=click.IntRange(1, 1000),
        help="Play the music's loop, marked or found, so many times.",
    ),
    click.option(
        "--fade",
        "fade_s",
        type=click.FloatRange(0.0, 600.0),
        default=0.0,
        metavar="SECONDS",
        help="Fade out for so long after the last loop.",
    ),
    click.option(
        "--loop-points",
        is_flag=True,
        help="Write a loop without a seam, and its points where players read them.",
    ),
    click.option("--split-intro", is_flag=True, help="Write intro and loop as two files."),
)

_ABOUT_SOUND: Final = {
    "normalize": "--normalize",
    "loudness": "--loudness",
    "stems": "--stems",
    "loops": "--loops",
    "fade_s": "--fade",
    "split_intro": "--split-intro",
}


def delivery_options(command: Command) -> Command:
    """Add the options that `delivery` reads."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def delivery(options: Mapping[str, Any], output: Path) -> "Delivery":
    """Take the options of `delivery_options`, ``--rate`` and ``--bits`` as what is wanted.

    The format of `output` chooses the sample rate where none was named.
    """
    from synth.output.audioformats import default_rate_hz
    from synth.output.delivery import Delivery
    from synth.output.loudness import check_loudness

    if options["loudness"]:
        check_loudness()
    return Delivery(
        rate_hz=options["rate_hz"] or default_rate_hz(output),
        bits=options["bits"],
        normalize_dbfs=NORMAL_PEAK_DBFS if options["normalize"] else None,
        loudness=options["loudness"],
        stems=options["stems"] or "",
        loops=options["loops"],
        fade_s=options["fade_s"],
        loop_points=options["loop_points"],
        split_intro=options["split_intro"],
    )


def refuse_delivery(
    options: Mapping[str, Any], output: Path, contents: "tuple[Content, ...]"
) -> None:
    """Refuse options about sound where what is written holds none.

    ``--loop-points`` stays: chip files have a loop point of their own.

    Raises
    ------
    click.UsageError
        If `output` is no audio file and one of them was given.
    SynthError
        If `output` is of no format that holds one of `contents`.
    """
    from chipgen.music.formats import target_format

    row = target_format(output, *contents)
    if row.writes == "samples":
        return
    for name, flag in _ABOUT_SOUND.items():
        if options[name]:
            raise click.UsageError(f"{row.name} files hold no sound: leave out {flag}")


def describe_level(info: "AudioInfo") -> str:
    """Say how loud a file became, and never let clipping pass in silence."""
    text = f"peak {info.peak_dbfs:.1f} dBFS"
    if info.lufs is not None:
        text += f", {info.lufs:.1f} LUFS"
    if info.clipped_samples:
        text += f", {info.clipped_samples} samples clipped: use --normalize or --bits float"
    return text
