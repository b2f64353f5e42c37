"""`chipgen preset`: lists, shows, plays, checks and begins presets."""

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from chipgen.cli.command import Choice, Group, WholeNumber, counted, status
from chipgen.cli.completion import complete_presets
from chipgen.cli.files import OUTPUT_FILE, ReadFile
from chipgen.cli.json_output import echo_json, json_option
from chipgen.cli.options import (
    asked,
    file_target,
    force_option,
    lists_formats,
    may_replace,
    request_options,
    tell_remarks,
)
from chipgen.cli.play import position_line
from chipgen.music.formats import SOUND
from chipgen.printable import echo, echo_lines, printable
from chipgen.request import check_request
from chipgen.request.output_fields import RateFields
from synth.atomic_write import write_bytes
from synth.chip.voices import VOICES
from synth.errors import SynthError

if TYPE_CHECKING:
    from synth.instrument.chip_score import ChipScore

DEMO_KINDS: Final = ("melody", "bass", "chords", "drums", "ensemble", "slow", "lead")

_EPILOG: Final = """\b
Examples:
  chipgen preset list
  chipgen preset show default
  chipgen preset audition lead-echo
  chipgen preset new mine && chipgen preset validate mine.yaml
  chipgen render seed.mid -o out.wav --preset mine.yaml

The format is described in docs/presets.md."""

_TEMPLATE: Final = """\
# A preset of your own. Everything that is not said here is as in {parent}:
# `chipgen preset show {parent}` prints that in full.
#
# A sequence is one value a frame (1/60 s). In `15 13 [10 7] | 3 0` the 10 7 repeat while the
# note is held, and 3 0 are played when it is released. `15 to 0 in 15f` is a straight line.
format: 1
name: {name}
description: A preset of my own.
extends: {extends}

instruments:
  my-lead:
    volume: 15 13 12 11 | 6 3 0   # 0-15
    duty: 1 2                     # 0 is 12.5 %, 1 is 25 %, 2 is 50 %, 3 is 75 %
    vibrato: {{depth_cents: 15, rate_hz: 6, delay_s: 0.25}}

voices:
  pulse1: my-lead

arpeggio: {{frames: 2, order: up}}
"""


@click.group(cls=Group, epilog=_EPILOG)
def command() -> None:
    """List, show, hear, validate and begin presets."""


@command.command(name="list", epilog="\b\nExample:\n  chipgen preset list")
@json_option
def list_presets(as_json: bool) -> None:
    """List the shipped presets with what they sound like."""
    from synth.instrument.preset_loader import load_preset, preset_names

    names = preset_names()
    texts = {name: load_preset(name).description for name in names}
    if as_json:
        echo_json([{"name": name, "description": text} for name, text in texts.items()])
        return
    width = max(len(name) for name in names)
    for name, text in texts.items():
        echo(f"{name:<{width}}  {text}")


@command.command(
    short_help="Print a preset in full.",
    epilog="\b\nExamples:\n  chipgen preset show default\n  chipgen preset show lead-echo --source",
)
@click.argument("name", shell_complete=complete_presets)
@click.option("--source", is_flag=True, help="Print the file as written, without its parents.")
def show(name: str, source: bool) -> None:
    """Print the preset NAME (or a path) in full, with what it extends filled in."""
    from synth.instrument.preset_loader import load_preset, preset_source, preset_yaml

    preset = load_preset(name)
    echo_lines(preset_source(name) if source else preset_yaml(preset), nl=False)


@lists_formats(writes=SOUND)
@command.command(
    short_help="Play a few bars with a preset.",
    epilog="\b\nExamples:\n  chipgen preset audition lead-echo\n"
    "  chipgen preset audition kit-big -o kit.wav\n"
    "  chipgen preset audition mine.yaml --demo melody --all -o mine.flac",
)
@click.argument("name", shell_complete=complete_presets)
@click.option("-o", "--output", type=OUTPUT_FILE, help="File to write.")
@click.option(
    "--device", metavar="NAME", help="Number or part of the name (chipgen devices) of a device."
)
@click.option(
    "--demo", type=Choice(DEMO_KINDS), help="What is played.  [default: what the preset says]"
)
@click.option("--all", "every", is_flag=True, help="Then each instrument of its own, one by one.")
@request_options(RateFields)
@force_option
def audition(
    name: str,
    output: Path | None,
    device: str | None,
    demo: str | None,
    every: bool,
    force: bool,
    **options: Any,
) -> None:
    """Play a few bars that show what the preset NAME (or a path) is for; Ctrl-C stops.

    With --output they are written instead.
    """
    from chipgen.app import pipeline, stage_settings
    from chipgen.app.sound import Sound, audio_blocks, write_sound
    from synth.instrument.demo_scores import demo_score, with_unheard
    from synth.instrument.driver import drive
    from synth.instrument.preset_loader import load_preset
    from synth.output.delivery import Delivery
    from synth.output.playback import find_device, play

    preset = load_preset(name)
    if demo is not None:
        preset = preset.model_copy(update={"demo": demo})
    request = asked(options)
    if output is not None:
        check_request(request, file_target(output, SOUND), "score", name)
    wanted = Delivery(rate_hz=stage_settings.rate_of(request, output))
    if output is None:
        find_device(device)
    else:
        may_replace([output], [Path(name)], force=force)
        pipeline.check_output(output, SOUND, wanted, overwrite=force)
    score = demo_score(preset)
    log = drive(with_unheard(score, preset) if every else score, preset)
    sound = Sound(log, preset.engine.filter, tags={"title": f"Preset {preset.name}"})
    if output is None:
        blocks = audio_blocks(sound, wanted.rate_hz)
        play(blocks, wanted.rate_hz, device, on_position=position_line(preset.name, log.duration_s))
        return
    tell_remarks(write_sound(output, sound, wanted, overwrite=force).remarks)
    status(f"{output}: {preset.name}, {log.duration_s:.1f} s")


@command.command(
    short_help="Check preset files, and list every error.",
    epilog="\b\nExample:\n  chipgen preset validate mine.yaml",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def validate(files: tuple[str, ...]) -> None:
    """Check that each FILE follows the format, and list every error."""
    from synth.instrument.preset_loader import list_errors, load_preset

    failed = 0
    for file in files:
        errors = list_errors(file)
        for error in errors:
            echo(f"chipgen: {error}", err=True)
        if errors:
            failed += 1
            continue
        preset = load_preset(file)
        drums = counted(len(preset.drums), "drum")
        echo(f"{file}: right ({counted(len(preset.instruments), 'instrument')}, {drums})")
        if preset.samples:
            sizes = {name: len(sample.bytes) for name, sample in preset.samples.items()}
            listed = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
            echo(f"  samples: {listed}; {sum(sizes.values()):,} bytes, and the DMC reaches 16,384")
    if failed and len(files) > 1:
        raise SynthError(f"{failed} of {len(files)} files are not right")
    if failed:
        sys.exit(1)


@command.command(
    short_help="Write a small preset that varies another.",
    epilog="\b\nExamples:\n  chipgen preset new mine\n"
    "  chipgen preset new calm --extends soft -o my.yaml",
)
@click.argument("name")
@click.option("--extends", "parent", default="default", show_default=True, help="Preset to vary.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="File to write.  [default: NAME.yaml]"
)
@force_option
def new(name: str, parent: str, output: Path | None, force: bool) -> None:
    """Write a small preset called NAME that varies another, ready to be edited."""
    from synth.instrument.preset_loader import read_preset

    if not re.fullmatch(r"[\w-]{1,64}", name):
        raise SynthError(f"{name[:64]!r}: name it with 1-64 letters, digits, - and _")
    path = Path(f"{name}.yaml") if output is None else output
    if path.suffix not in (".yaml", ".yml"):
        raise SynthError(f"{path}: a preset's file ends in .yaml")
    quoted = parent if re.fullmatch(r"[\w-]+", parent) else json.dumps(parent, ensure_ascii=False)
    try:
        text = _TEMPLATE.format(name=name, parent=printable(parent), extends=quoted).encode()
    except UnicodeEncodeError:
        raise SynthError(f"{parent}: its name is no UTF-8, as a preset is; rename it") from None
    read_preset(text, str(path), path.parent)  # says so if the name or the parent cannot be used
    may_replace([path], [Path(parent)], force=force)
    write_bytes(path, text, overwrite=force)
    status(f"{path}: written; hear it with: chipgen preset audition {path}")


@command.command(
    name="from",
    epilog="\b\nExamples:\n  chipgen preset from song.txt\n"
    "  chipgen preset from album.txt --song 3 -o mine.yaml",
)
@click.argument("source", type=ReadFile("tracker text"))
@click.option(
    "--song", type=WholeNumber(1), metavar="N", default=1, help="Song of a file that holds several."
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path),
    help="File to write.  [default: SOURCE's name with .yaml]",
)  # fmt: skip
@force_option
def from_song(source: Path, song: int, output: Path | None, force: bool) -> None:
    """Write the instruments of a tracker's song as a preset."""
    from chipgen.music.formats import read_chip_score, source_format
    from synth.instrument.preset_loader import preset_yaml

    score, preset = (
        read_chip_score(source, song) if source_format(source).reads == "chip score"
        else (None, None)
    )  # fmt: skip
    if score is None or preset is None:
        raise SynthError(f"{source} brings no instruments; give a FamiStudio or FamiTracker text")
    path = source.with_name(f"{source.name.split('.')[0]}.yaml") if output is None else output
    if path.suffix not in (".yaml", ".yml"):
        raise SynthError(f"{path}: a preset's file ends in .yaml")
    may_replace([path], [source], force=force)
    named = preset.model_copy(update={"name": re.sub(r"[^\w-]+", "-", path.stem)[:64] or "mine"})
    write_bytes(path, preset_yaml(named).encode(), overwrite=force)
    brought = counted(len(named.instruments), "instrument")
    if named.drums:
        brought += f", {counted(len(named.drums), 'drum')}"
    if named.samples:
        brought += f", {counted(len(named.samples), 'sample')}"
    status(f"{path}: {brought}; use it with --preset {path}")
    tell_remarks((*score.remarks, *_left_in_song(score)))


def _left_in_song(score: "ChipScore") -> tuple[str, ...]:
    """Return a line that counts the notes with effects of their own, which no preset holds."""
    notes = [note for voice in VOICES for note in score.voice(voice)]
    counts = {
        "slides, vibrato or fine pitch": sum(bool(note.bend) for note in notes),
        "arpeggios": sum(bool(note.arpeggio) for note in notes),
        "volumes that change": sum(bool(note.volume_changes) for note in notes),
        "duties that change": sum(bool(note.timbre_changes) for note in notes),
    }
    left = ", ".join(f"{effect} ({count})" for effect, count in counts.items() if count)
    return (f"effects of single notes stay in the song: {left}",) if left else ()


@command.command(
    short_help="Print the JSON Schema that editors check presets with.",
    epilog="\b\nExample:\n  chipgen preset schema > preset.schema.json",
)
def schema() -> None:
    """Print the format's JSON Schema, which editors use to check and complete YAML."""
    from synth.instrument.preset_loader import preset_schema

    echo_lines(preset_schema(), nl=False)
