"""`chipgen generate`: composes takes that continue a seed."""

import time
from pathlib import Path
from typing import Any

import click

from chipgen.cli.options import (
    INPUT_FILE,
    OUTPUT_FILE,
    asked,
    check,
    file_target,
    force_option,
    in_place_option,
    lists_formats,
    may_replace,
    named_files,
    progress_bar,
    request_options,
    tell_remarks,
)
from chipgen.cli.render import describe_take
from chipgen.errors import RequestError
from chipgen.music.formats import ANYTHING, SCORE, target_format
from chipgen.printable import echo
from chipgen.request import Request
from chipgen.request.compose_fields import ComposeFields, RewriteFields, ScratchFields
from chipgen.request.output_fields import DeliveryFields, NotesFields
from chipgen.request.sound_fields import ArrangeFields, ReadFields, SoundFields


@lists_formats(SCORE, ANYTHING)
@click.command(
    epilog="""\b
Examples:
  chipgen generate seed.mid -o out.mid
  chipgen generate seed.mid -o take.wav --takes 4 --temperature 1.1
  chipgen generate seed.mid -o out.mid --bars 8 --seed 42 --without-seed
  chipgen generate seed.mid -o out.mid --only noise,triangle
  chipgen generate song.mid -o out.mid --fill 9-12 --takes 3
  chipgen generate seed.mid -o out.mid --loop --key "D minor" --tempo 160
  chipgen generate --from-scratch -o out.mid --key Eb --meter 3/4

With --takes K the files are numbered (take-1.wav, take-2.wav, ...) and the
seed numbers count up from --seed, so any take can be made again alone:
`chipgen info take.mid` shows the command line that a MIDI file came from.
"""
)
@click.argument("source", metavar="[SEED.mid]", type=INPUT_FILE, required=False)
@click.option("--output", "-o", type=OUTPUT_FILE, required=True, help="File to write.")
@click.option(
    "--takes", type=click.IntRange(1, 999), default=1, show_default=True, help="How many to make."
)
@request_options(
    ComposeFields,
    RewriteFields,
    ScratchFields,
    SoundFields,
    ArrangeFields,
    ReadFields,
    NotesFields,
    DeliveryFields,
)
@force_option
@in_place_option
def command(
    source: Path | None, output: Path, takes: int, force: bool, in_place: bool, **options: Any
) -> None:
    """Continue SEED.mid with a model, and write a score, its sound or a chip file.

    It can also rewrite voices (--only, --keep) or bars (--fill) of a piece, or compose without a
    seed (--from-scratch).
    """
    from chipgen.app import pipeline, stage_settings
    from synth.instrument.preset_loader import load_preset

    request = asked(options)
    _check_source(source, request)
    check(request, source, file_target(output, ANYTHING, request.file_format))
    wanted = stage_settings.delivery_of(request, output)
    preset = load_preset(request.preset)
    targets = [output] if takes == 1 else [numbered(output, k + 1) for k in range(takes)]
    force = may_replace(targets, [source, *named_files(request)], force=force, in_place=in_place)
    for target in targets:
        pipeline.check_output(target, ANYTHING, wanted, overwrite=force)
    told: set[str] = set()
    for index, target in enumerate(targets):
        began = time.perf_counter()
        number = (request.rng_seed + index) % 2**32
        take = pipeline.read_take(source, request.model_copy(update={"rng_seed": number}))
        tell_remarks([remark for remark in take.remarks if remark not in told])
        told.update(take.remarks)
        if target_format(target, *ANYTHING, key=request.file_format).writes == "score":
            pipeline.write_score(
                target, take, source, overwrite=force, loop_marks=request.loop_marks
            )
        else:
            sound = pipeline.voice_take(take, request, preset)
            with progress_bar(target.name) as progress:
                written = pipeline.write_sound(
                    target, sound, wanted, overwrite=force, progress=progress
                )
            tell_remarks(written.remarks)
        echo(f"{target}: {describe_take(take)}, took {time.perf_counter() - began:.1f} s", err=True)


def _check_source(source: Path | None, request: Request) -> None:
    """Refuse a seed where there is to be none, and the other way round."""
    if source is None and not request.from_scratch:
        raise RequestError("name a SEED.mid to continue, or give --from-scratch")
    if source is not None and request.from_scratch:
        raise RequestError(f"--from-scratch begins from nothing: leave out {source}")
    if request.bars == 0:
        raise RequestError("--bars must be at least 1: there is nothing to generate")


def numbered(path: Path, number: int) -> Path:
    """Return `path` with a number before its suffix.

    Examples
    --------
    >>> numbered(Path("take.wav"), 2).name
    'take-2.wav'
    """
    return path.with_name(f"{path.stem}-{number}{path.suffix}")
