"""`chipgen generate`: takes that go on from a seed, as MIDI or as sound."""

import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from chipgen.cli.delivery import delivery, delivery_options
from chipgen.cli.options import (
    INPUT_FILE,
    OUTPUT_FILE,
    compose_options,
    force_option,
    lists_formats,
    loop_marks_option,
    progress_bar,
    reading_options,
    sound_options,
    tell_remarks,
)
from chipgen.cli.render import describe_take
from chipgen.cli.wishes import wish_options, wished_job
from chipgen.music.formats import ANYTHING, SCORE, target_format


class _Meter(click.ParamType[tuple[int, int]]):
    """A meter such as 3/4."""

    name = "meter"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"(\d{1,2})\s*/\s*(\d{1,2})", str(value).strip())
        meter = (int(found[1]), int(found[2])) if found else (0, 0)
        if not 1 <= meter[0] <= 16 or meter[1] not in (2, 4, 8, 16):
            self.fail(f"{value!r} is no meter such as 3/4: 1-16 over 2, 4, 8 or 16", param, ctx)
        return meter


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
@compose_options
@wish_options
@click.option("--from-scratch", is_flag=True, help="Compose from nothing: there is no SEED.")
@click.option(
    "--meter",
    type=_Meter(),
    metavar="N/D",
    help="Meter of a piece from scratch.  [default: 4/4]",
)
@sound_options
@reading_options
@loop_marks_option
@delivery_options
@force_option
def command(source: Path | None, output: Path, takes: int, force: bool, **options: Any) -> None:
    """Let the model compose on from SEED.mid and write the score, its sound or a chip file.

    It can also write voices (--only, --keep) or bars (--fill) of a piece anew, or compose without a
    seed (--from-scratch).
    """
    from chipgen.app import pipeline

    _check_source(source, options)
    if options["bars"] == 0:
        raise click.UsageError("--bars must be at least 1: there is nothing to generate")
    wanted = delivery(options, output)
    first = wished_job(options)
    targets = [output] if takes == 1 else [numbered(output, k + 1) for k in range(takes)]
    for target in targets:
        pipeline.check_output(target, ANYTHING, wanted, overwrite=force)
    told: set[str] = set()
    for index, target in enumerate(targets):
        began = time.perf_counter()
        todo = replace(first, rng_seed=(first.rng_seed + index) % 2**32)
        take = pipeline.read_take(source, todo)
        tell_remarks([remark for remark in take.remarks if remark not in told])
        told.update(take.remarks)
        if target_format(target, *ANYTHING).writes == "score":
            pipeline.write_score(target, take, overwrite=force, loop_marks=options["loop_marks"])
        else:
            sound = pipeline.voice_take(take, todo)
            with progress_bar(target.name) as progress:
                written = pipeline.write_sound(
                    target, sound, wanted, overwrite=force, progress=progress
                )
            tell_remarks(written.remarks)
        click.echo(
            f"{target}: {describe_take(take)}, took {time.perf_counter() - began:.1f} s", err=True
        )


def _check_source(source: Path | None, options: dict[str, Any]) -> None:
    """Refuse a seed where there is to be none, and the other way round."""
    if not options["from_scratch"]:
        if source is None:
            raise click.UsageError("name a SEED.mid to go on from, or give --from-scratch")
        if options["meter"] is not None:
            raise click.UsageError("--meter is for --from-scratch: a seed keeps its own meter")
        return
    if source is not None:
        raise click.UsageError(f"--from-scratch begins from nothing: leave out {source}")
    for name in ("only", "keep", "fill", "without_seed", "intro"):
        if options[name]:
            flag = "--" + name.replace("_", "-")
            raise click.UsageError(f"--from-scratch has no seed that {flag} could be about")


def numbered(path: Path, number: int) -> Path:
    """Return `path` with a number before its suffix.

    Examples
    --------
    >>> numbered(Path("take.wav"), 2).name
    'take-2.wav'
    """
    return path.with_name(f"{path.stem}-{number}{path.suffix}")
