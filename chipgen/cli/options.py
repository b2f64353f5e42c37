"""Makes the options that commands share from a request's fields, and reads them into a request."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from chipgen.cli.command import FILES, Choice, Number, WholeNumber, option, status
from chipgen.cli.completion import COMPLETE
from chipgen.errors import ChipgenError, RequestError
from chipgen.music.formats import read_suffixes, target_format, written_suffixes
from chipgen.printable import echo
from chipgen.request import Request, RequestField, request_fields
from chipgen.request.base import RequestPart
from chipgen.request.targets import Target, target_of
from chipgen.request.values import ALL_TRACKS
from synth.atomic_write import is_input
from synth.errors import SynthError
from synth.fileformat import Content

Command = TypeVar("Command", bound=Callable[..., Any])


def lists_formats(
    reads: tuple[Content, ...] = (), writes: tuple[Content, ...] = ()
) -> Callable[[click.Command], click.Command]:
    """Return a decorator that lists below a command's help the formats it reads and writes."""
    found = (("Reads", read_suffixes(*reads)), ("Writes", written_suffixes(*writes)))
    lines = [f"{verb}: {' '.join(suffixes)}" for verb, suffixes in found if suffixes]

    def decorate(command: click.Command) -> click.Command:
        command.epilog = "\n".join([(command.epilog or "").rstrip(), "", "\b", *lines])
        return command

    return decorate


force_option = option(
    "--force", "-f", is_flag=True, group=FILES, short="Replace files that exist.",
    help="Replace files that exist.",
)  # fmt: skip
in_place_option = option(
    "--in-place", is_flag=True, group=FILES, help="Allow the output to replace the input file."
)


def request_options(
    *parts: type[RequestPart],
    without: Sequence[str] = (),
    aliases: Mapping[str, Sequence[str]] | None = None,
) -> Callable[[Command], Command]:
    """Return a decorator that adds an option for each field of parts of a request.

    Parameters
    ----------
    parts
        In the order of the help.
    without
        Names of fields that the command leaves out.
    aliases
        Old names of options in this command, by field.
    """
    fields = {
        name: (field, part.heading)
        for part in reversed(parts)
        for name, field in reversed([*request_fields(part).items()])
        if name not in without
    }

    def decorate(command: Command) -> Command:
        for name, (field, heading) in fields.items():
            old = (*field.aliases, *(aliases or {}).get(name, ()))
            command = option_of(field, heading, old)(command)
        return command

    return decorate


def option_of(
    field: RequestField, heading: str, aliases: Sequence[str] = ()
) -> Callable[[Command], Command]:
    """Return the option that asks for a field, with its place in the help and its old names."""
    place: dict[str, Any] = {"group": heading, "short": field.short, "aliases": aliases}
    unset = field.default is None or field.default in ((), "")
    told = f"{field.help}  [default: {field.unset}]" if field.unset else field.help
    if field.kind == "switch":
        return option(field.flag, field.name, is_flag=True, help=told, **place)
    return option(
        field.flag,
        field.name,
        type=_type_of(field),
        default=None if unset else str(field.default) if field.kind == "text" else field.default,
        show_default=not unset,
        metavar=field.metavar or _METAVARS.get(field.kind),
        help=told,
        shell_complete=COMPLETE.get(field.name),
        **place,
    )


_METAVARS: Final = {"whole": "N", "number": "X", "text": "TEXT"}


def _type_of(field: RequestField) -> "click.ParamType[Any]":
    low, high = field.minimum, field.maximum
    match field.kind:
        case "choice":
            return Choice([*field.choices])
        case "whole":
            first, last = (None if bound is None else int(bound) for bound in (low, high))
            return WholeNumber(first, last)
        case "number":
            return Number(low, high, min_open=field.above)
    return click.STRING


def asked(options: dict[str, Any]) -> Request:
    """Return the request that options make; what nobody gave is left unset.

    Raises
    ------
    RequestError
        If they contradict each other, or one cannot be understood.
    """
    context = click.get_current_context()
    default = click.core.ParameterSource.DEFAULT
    return Request(
        **{
            name: value
            for name, value in options.items()
            if context.get_parameter_source(name) is not default
        }
    )


def file_target(path: Path, contents: tuple[Content, ...], key: str = "") -> Target:
    """Return the target that a file to be written is.

    Parameters
    ----------
    path
        The file.
    contents
        What it may hold.
    key
        The format's, where the file's name could be several.

    Raises
    ------
    SynthError
        If its name is of no format that holds one of `contents`.
    """
    return target_of(target_format(path, *contents, key=key))


def check(
    request: Request, source: Path | None, target: Target, *, takes_all: bool = False
) -> None:
    """Refuse what was asked for but does not apply to a source or a target.

    Parameters
    ----------
    request
        What is asked for.
    source
        Where the music comes from; None is from nothing.
    target
        What is made.
    takes_all
        Whether the command writes every track of a source.

    Raises
    ------
    RequestError
        Names the option.
    """
    from chipgen.app import stage_settings

    check_track(request, takes_all=takes_all)
    stage_settings.check(request, source, target)


def check_track(request: Request, *, takes_all: bool = False) -> None:
    """Refuse all tracks where one is made."""
    if request.track == ALL_TRACKS and not takes_all:
        raise RequestError("--track all is for render, export and batch; name one track")


def as_it_is(request: Request) -> Request:
    """Return the request of ``--as-is``, which takes the place of ``--bars 0``.

    Raises
    ------
    RequestError
        If bars were asked for too.
    """
    if request.bars and "bars" in request.model_fields_set:
        raise RequestError("--as-is composes nothing: leave out --bars, or leave out --as-is")
    return Request(**{**request.model_dump(exclude_unset=True), "bars": 0})


def without_format(request: Request) -> Request:
    """Return a request that leaves the format to the file's name."""
    fields = request.model_dump(exclude_unset=True)
    fields.pop("file_format", None)
    return Request(**fields)


def write_each_track(
    source: Path, output: Path, request: Request, write: Callable[[Path, Request], None]
) -> None:
    """Call `write` with the file to write, for the track that is asked for or for every one.

    Parameters
    ----------
    source
        Where the music comes from.
    output
        The file that was named; of several, each has its place and its name before the suffix.
    request
        What is asked for.
    write
        Writes one, of a request for one track.

    Raises
    ------
    ChipgenError
        If tracks could not be written; the others were.
    """
    from chipgen.app.sound import written_files
    from chipgen.app.source_files import track_paths

    if request.track != ALL_TRACKS:
        write(output, request)
        return
    paths = track_paths(source, output)
    parts = [part for _, path in paths for part in written_files(path, request)]
    may_replace(parts, [source, *named_files(request)], force=False)
    failed = 0
    for number, path in paths:
        try:
            write(path, request.model_copy(update={"track": number}))
        except SynthError as error:
            failed += 1
            echo(f"note: track {number} is left out: {error}", err=True)
    if failed:
        raise ChipgenError(f"{source}: {failed} of {len(paths)} tracks could not be written")


def may_replace(
    outputs: Sequence[Path],
    inputs: Sequence[Path | None],
    *,
    force: bool,
    in_place: bool | None = None,
) -> bool:
    """Return whether files that exist may be replaced; a file that is read may not, unless asked.

    Parameters
    ----------
    outputs
        Files that are going to be written.
    inputs
        Files that are read; None where there is none.
    force, in_place
        Whether the user asked for files, and for those that are read, to be replaced; None where
        the latter cannot be asked for.

    Raises
    ------
    RequestError
        If two outputs are one file.
    SynthError
        If an output is an input and `in_place` is false.
    """
    read = [path for path in inputs if path is not None]
    _check_distinct(outputs)
    replaced = [path for path in outputs if is_input(path, read)]
    if replaced and not in_place:
        way_out = "" if in_place is None else ", or add --in-place to replace it"
        raise SynthError(f"{replaced[0]} is read for this; name another file{way_out}")
    return force or bool(replaced)


def _check_distinct(outputs: Sequence[Path]) -> None:
    places: set[str] = set()
    for path in outputs:
        if path.exists() and not path.is_file():  # a device takes anything
            continue
        place = os.path.realpath(path)
        if place in places:
            raise RequestError(f"{path} would be written twice; name another file for one of them")
        places.add(place)


def named_files(request: Request) -> list[Path]:
    """Return the files that a request names beside its source: a preset, a checkpoint."""
    return [Path(name) for name in (request.preset, request.model) if Path(name).suffix]


def tell_remarks(remarks: Sequence[str]) -> None:
    """Say on standard error what the user should know, a line each."""
    for remark in remarks:
        status(f"note: {remark}")
