"""`chipgen batch`: renders a folder of seeds."""

import sys
from pathlib import Path
from typing import Any

import click

from chipgen.cli.options import (
    as_it_is,
    asked,
    file_target,
    force_option,
    lists_formats,
    request_options,
    tell_remarks,
)
from chipgen.music.formats import ANYTHING, SCORE, written_suffixes
from chipgen.printable import echo, printable
from chipgen.request import check_request
from chipgen.request.compose_fields import ComposeFields, RewriteFields
from chipgen.request.output_fields import DeliveryFields
from chipgen.request.sound_fields import ArrangeFields, ReadFields, SoundFields


@lists_formats(SCORE)
@click.command(
    epilog="""\b
Examples:
  chipgen batch examples -o rendered/
  chipgen batch songs -o rendered/ --format ogg --bars 0 --jobs 4
"""
)
@click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER"
)
@click.option(
    "--output", "-o", type=click.Path(file_okay=False, path_type=Path), required=True,
    help="Folder to write to; made if missing.",
)  # fmt: skip
@click.option(
    "--format", "format_", default="wav", show_default=True,
    help=f"Format of the files: {' '.join(written_suffixes(*ANYTHING)).replace('.', '')}.",
)  # fmt: skip
@click.option("--as-is", is_flag=True, help="Play the files as they are; the same as --bars 0.")
@click.option("--jobs", "-j", type=click.IntRange(1, 256), help="Processes.  [default: one a core]")
@request_options(
    ComposeFields, RewriteFields, SoundFields, ArrangeFields, ReadFields, DeliveryFields
)
@force_option
def command(
    folder: Path,
    output: Path,
    format_: str,
    as_is: bool,
    jobs: int | None,
    force: bool,
    **options: Any,
) -> None:
    """Render every score of FOLDER, several at a time; with --track all, every song of a file.

    Files that an earlier run made from the same source with the same settings are kept. Failures
    and files that are not scores are listed at the end; the exit code is 1 if a file failed.
    """
    from tqdm import tqdm

    from chipgen.app import stage_settings
    from chipgen.app.batch import BatchConfig, Outcome, default_workers, render_folder

    suffix = f".{format_.lower().lstrip('.')}"
    if suffix not in written_suffixes(*ANYTHING):
        known = ", ".join(name.lstrip(".") for name in written_suffixes(*ANYTHING))
        raise click.BadParameter(f"{format_!r} is not one of {known}", param_hint="--format")
    example = Path(f"song{suffix}")
    request = as_it_is(asked(options)) if as_is else asked(options)
    check_request(request, file_target(example, ANYTHING), "score", folder)
    stage_settings.delivery_of(request, example)
    config = BatchConfig(suffix, request)
    output.mkdir(parents=True, exist_ok=True)
    with tqdm(desc=printable(folder.name), unit="file", delay=1, leave=False, disable=None) as bar:

        def report(outcome: Outcome, done: int, total: int) -> None:
            bar.total = total
            bar.set_postfix_str(printable(outcome.source.name), refresh=False)
            bar.update(done - bar.n)

        outcomes = render_folder(
            folder, output, config, workers=jobs or default_workers(), overwrite=force,
            on_outcome=report,
        )  # fmt: skip
    count = dict.fromkeys(("rendered", "up to date", "failed", "left out"), 0)
    for outcome in outcomes:
        count[outcome.status] += 1
        tell_remarks([f"{outcome.source}: {remark}" for remark in outcome.remarks])
        if outcome.reason:
            told = outcome.reason.startswith(str(outcome.source))  # as most errors begin
            echo(outcome.reason if told else f"{outcome.source}: {outcome.reason}", err=True)
    summary = ", ".join(f"{number} {status}" for status, number in count.items() if number)
    echo(f"{output}: {summary}", err=True)
    if count["failed"]:
        sys.exit(1)
