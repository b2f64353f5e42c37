"""`chipgen play`: a file through the speakers."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from chipgen.cli.options import (
    DEFAULT_RATE_HZ,
    INPUT_FILE,
    compose_options,
    job,
    sound_options,
    source_options,
    tell_remarks,
)


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
@compose_options
@sound_options
@source_options
def command(source: Path, device: str | None, **options: Any) -> None:
    """Play FILE through the speakers; Ctrl-C stops.

    A MIDI file is played as it is, or with bars composed on; a chip file (VGM, NSF) with the
    timbres it brings itself.
    """
    from chipgen import pipeline
    from synth.output.playback import find_device, play

    find_device(device)
    sound = pipeline.make_sound(source, job(options))
    tell_remarks(sound.remarks)
    rate_hz = options["rate_hz"] or DEFAULT_RATE_HZ
    played = play(
        pipeline.audio_blocks(sound, rate_hz),
        rate_hz,
        device,
        on_position=position_line(source.name, sound.log.duration_s),
    )
    if played.underruns:
        click.echo(
            f"chipgen: the sound was interrupted {played.underruns} times; "
            "the machine was too busy, try a lower --rate",
            err=True,
        )


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
