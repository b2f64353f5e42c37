"""`chipgen batch`: renders a folder of seeds."""

import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from chipgen.cli.command import FILES, OUTPUT_FOLDER, Command, WholeNumber, option, status
from chipgen.cli.json_output import echo_json, json_option
from chipgen.cli.options import (
    as_it_is,
    asked,
    file_target,
    force_option,
    lists_formats,
    request_options,
    tell_remarks,
    without_format,
)
from chipgen.cli.progress import progress_bar
from chipgen.errors import RequestError
from chipgen.music.formats import ANYTHING, SCORE, suffix_of
from chipgen.printable import echo
from chipgen.request import Request, check_request
from chipgen.request.compose_fields import ComposeFields, RewriteFields
from chipgen.request.output_fields import DeliveryFields, FormatFields
from chipgen.request.sound_fields import ArrangeFields, ReadFields, SoundFields
from synth.fileformat import Content

if TYPE_CHECKING:
    from chipgen.app.batch_runner import Outcome

Function = TypeVar("Function", bound=Callable[..., Any])

_OPTIONS: Final = (
    option(
        "--as-is", is_flag=True, group="Compose",
        short="Play the files as they are; compose nothing.",
        help="Play the files as they are; the same as --bars 0.",
    ),
    option(
        "--jobs", "-j", type=WholeNumber(1, 256), metavar="N", group=FILES,
        short="Processes. [one a core, and one more]",
        help="Processes.  [default: one a core, and one more, as writing to the disk is waiting]",
    ),
    option(
        "--on", metavar="dask://HOST:PORT", group=FILES,
        help="Work on the workers of a Dask cluster that see the same files (extra cluster).  "
        "[default: on this machine]",
    ),
)  # fmt: skip


def folder_options(
    folder: str, output: str, told: str, without: Sequence[str] = ()
) -> Callable[[Function], Function]:
    """Return a decorator that adds what commands that work on a folder of songs have in common.

    Parameters
    ----------
    folder, output
        How the two folders are called in the help.
    told
        What the help says of the second.
    without
        Fields of a request that the command leaves out.
    """
    options = (
        click.argument(
            "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar=folder
        ),
        option(
            "--output", "-o", type=OUTPUT_FOLDER, required=True, metavar=output, group=FILES,
            short="Folder to write to; made if missing.", help=told,
        ),
        *_OPTIONS,
        request_options(
            FormatFields, ComposeFields, RewriteFields, SoundFields, ArrangeFields, ReadFields,
            DeliveryFields, without=without,
        ),
        force_option,
        json_option,
    )  # fmt: skip

    def decorate(command: Function) -> Function:
        for add in reversed(options):
            command = add(command)
        return command

    return decorate


def folder_request(
    folder: Path, options: dict[str, Any], contents: tuple[Content, ...], *, as_is: bool
) -> tuple[str, Request]:
    """Return the suffix of the files to be written, and the request for each song.

    Raises
    ------
    RequestError
        If something asked for does not apply.
    """
    from chipgen.app import stage_settings

    request = as_it_is(asked(options)) if as_is else asked(options)
    suffix = suffix_of(request.file_format or "wav", contents)
    request = without_format(request)  # the files' names say it
    example = Path(f"song{suffix}")
    check_request(request, file_target(example, contents), "score", folder)
    stage_settings.delivery_of(request, example)
    return suffix, request


@lists_formats(SCORE, ANYTHING)
@click.command(
    cls=Command,
    epilog="""\b
Examples:
  chipgen batch examples -o rendered/
  chipgen batch songs -o rendered/ --format ogg --bars 0 --jobs 4
""",
)
@folder_options("FOLDER", "DIR", "Folder to write to; made if missing.")
def command(
    folder: Path,
    output: Path,
    as_is: bool,
    jobs: int | None,
    on: str | None,
    force: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Render every score of FOLDER, several at a time.

    With --track all every song of a file is rendered. Files that an earlier run made from the same
    source with the same settings are kept. Failures and files that are not scores are listed at the
    end; the exit code is 1 if a file failed.
    """
    from chipgen.app.batch_runner import BatchConfig, render_folder
    from synth.temporary_files import output_folder

    workers, cluster = where_to_work(jobs, on)
    config = BatchConfig(*folder_request(folder, options, ANYTHING, as_is=as_is))
    with output_folder(output), progress_bar(folder.name, "file") as progress:
        outcomes = render_folder(
            folder, output, config, workers=workers, cluster=cluster, overwrite=force,
            on_outcome=lambda _outcome, done, total: progress(done, total),
        )  # fmt: skip
    end_with(outcomes, output, as_json=as_json)


def where_to_work(jobs: int | None, on: str | None) -> tuple[int, str]:
    """Return how many processes work here, and the address of the cluster that works instead.

    Raises
    ------
    RequestError
        If both are asked for, or no cluster is named.
    MissingExtraError
        If the packages of a cluster are not installed.
    """
    from chipgen.app.cluster import parse_cluster
    from chipgen.app.worker_processes import default_workers

    cluster = "" if on is None else parse_cluster(on)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what fails is listed here
    if cluster and jobs is not None:
        raise RequestError("--on works with all of a cluster's workers: leave out --jobs")
    return jobs or default_workers(), cluster


def end_with(outcomes: "Sequence[Outcome]", output: Path, *, as_json: bool) -> None:
    """Tell what became of the files, and exit with 1 if one failed."""
    count = dict.fromkeys(("rendered", "up to date", "failed", "left out"), 0)
    for outcome in outcomes:
        count[outcome.status] += 1
        tell_remarks([f"{outcome.source}: {remark}" for remark in outcome.remarks])
        if outcome.reason:
            told = outcome.reason.startswith(str(outcome.source))  # as most errors begin
            echo(outcome.reason if told else f"{outcome.source}: {outcome.reason}", err=True)
    if as_json:
        echo_json({"counts": count, "files": outcomes})
    summary = ", ".join(f"{number} {what}" for what, number in count.items() if number)
    status(f"{output}: {summary}")
    if count["failed"]:
        sys.exit(1)
