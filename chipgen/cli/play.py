"""`chipgen play`: a file through the speakers."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chipgen.cli.options import (
    INPUT_FILE,
    compose_config,
    compose_options,
    sound_config,
    sound_options,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from synth.chip.registers import RegisterLog


@click.command(
    context_settings={"default_map": {"bars": 0}},
    epilog="""\b
Examples:
  chipgen play song.mid
  chipgen play song.mid --preset soft --device headphones
  chipgen play seed.mid --bars 16
  chipgen play game.nsf --track 3
""",
)
@click.argument("source", metavar="FILE", type=INPUT_FILE)
@click.option(
    "--device", metavar="NAME", help="Number or part of the name (chipgen devices) of a device."
)
@click.option(
    "--track",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Which track of a chip file that has several.",
)
@compose_options
@sound_options
def command(source: Path, device: str | None, track: int, **options: Any) -> None:
    """Play FILE through the speakers; Ctrl-C stops.

    A MIDI file is played as it is, or with bars composed on; a chip file (VGM, NSF) with the
    timbres it brings itself.
    """
    from synth.output.playback import find_device, play

    find_device(device)
    log, blocks = _sound(source, track, options)
    played = play(
        blocks,
        options["rate_hz"],
        device,
        on_position=position_line(source.name, log.duration_s),
    )
    if played.underruns:
        click.echo(
            f"chipgen: the sound was interrupted {played.underruns} times; "
            "the machine was too busy, try a lower --rate",
            err=True,
        )


def _sound(
    source: Path, track: int, options: dict[str, Any]
) -> "tuple[RegisterLog, Iterator[NDArray[np.float32]]]":
    from synth.formats.files import FORMATS, read_chip_file

    if source.suffix.lower() in FORMATS:
        from synth.chip.stream import render_blocks

        log = read_chip_file(source, track).log
        return log, render_blocks(log, options["rate_hz"], options["console_filter"] or "nes")
    from chipgen import pipeline

    config = sound_config(options)
    take = pipeline.compose_take(
        pipeline.read_seed(source), options["model"], compose_config(options), options["rng_seed"]
    )
    sound = pipeline.voice(take.score, config)
    return sound.log, pipeline.audio_blocks(sound, config)


def position_line(name: str, duration_s: float) -> Callable[[float], None] | None:
    """Return what shows the position on standard error, or None where nobody watches."""
    if not sys.stderr.isatty():
        return None

    def show(position_s: float) -> None:
        ended = position_s >= duration_s
        click.echo(f"\r{name}  {_clock(position_s)} / {_clock(duration_s)}", nl=ended, err=True)

    return show


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
