"""Finds the files that a command line names: paths, ``-``, ``example:NAME``, and unsaid outputs."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from chipgen.cli.command import told_at_end
from chipgen.errors import ChipgenError, RequestError
from chipgen.music.formats import all_formats
from chipgen.printable import blamed_on_output, show_as
from synth.atomic_write import is_input
from synth.fileformat import check_regular
from synth.temporary_files import temporary_folder

STREAM: Final = Path("-")
"""Stands for standard input or output."""

_MOST_BYTES: Final = max(row.max_bytes for row in all_formats())


class ReadFile(click.Path):
    """A file that is read, of some kind, such as ``"MIDI"``; no pipe and no device."""

    name = "file"

    def __init__(self, kind: str) -> None:
        super().__init__(path_type=Path)
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path of a file that can be read."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        check_regular(path, self.kind)
        return path


class MusicFile(ReadFile):
    """A file that is read: a path, ``-`` for standard input, or ``example:NAME``."""

    def __init__(self) -> None:
        super().__init__("music")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path of a file that can be read."""
        from chipgen.app.examples import PREFIX, example_path

        if ctx is not None and str(value) == str(STREAM):
            return ctx.with_resource(_standard_input())
        if str(value).startswith(PREFIX):
            return example_path(str(value))
        if Path(value).is_dir():
            way = "name a music file in it (chipgen batch renders a folder)"
            raise ChipgenError(f"{value} is a folder; {way}")
        return super().convert(value, param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete files, and the names of examples."""
        from chipgen.app.examples import EXAMPLES, PREFIX

        if incomplete and PREFIX.startswith(incomplete[: len(PREFIX)]):
            names = [PREFIX + name for name in EXAMPLES]
            return [CompletionItem(name) for name in names if name.startswith(incomplete)]
        return super().shell_complete(ctx, param, incomplete)


@contextlib.contextmanager
def _standard_input() -> Iterator[Path]:
    """Keep what standard input brings in a file while a command runs."""
    data = sys.stdin.buffer.read(_MOST_BYTES + 1)
    if not data:
        raise ChipgenError("standard input: it is empty; pipe a file into it")
    if len(data) > _MOST_BYTES:
        raise ChipgenError(
            f"standard input: larger than {_MOST_BYTES / 1e6:.0f} MB, more than any file here"
        )
    with temporary_folder() as folder:
        path = folder / STREAM
        path.write_bytes(data)
        show_as(path, "standard input")
        yield path


@contextlib.contextmanager
def output_file(given: Path | None, source: Path | None, suffix: str) -> Iterator[Path]:
    """Yield the path to write to; for ``-`` what is written there goes to standard output.

    Parameters
    ----------
    given
        What the user named; None is beside the source, with the format's suffix.
    source
        The file that is read, if there is one.
    suffix
        Of the format where no file is named.

    Raises
    ------
    RequestError
        If neither an output nor a source is named, or standard output is a terminal.
    """
    if given == STREAM:
        with _standard_output(source, suffix) as path:
            yield path
        return
    if given is not None:
        yield given
        return
    if source is None or source.name == str(STREAM):
        raise RequestError("name the file to write with -o; - is standard output")
    yield beside(source, suffix)


def beside(source: Path, suffix: str) -> Path:
    """Return the file of another suffix beside a source, or in this folder for an example.

    It is never the source itself.
    """
    from chipgen.app.examples import EXAMPLES, example_path

    shipped = source.stem in EXAMPLES and is_input(source, [example_path(source.stem)])
    folder = Path() if shipped else source.parent
    path = folder / f"{source.stem}{suffix}"
    if is_input(path, [source]) or path == source:
        path = folder / f"{source.stem}-chipgen{suffix}"
    return path


@contextlib.contextmanager
def _standard_output(source: Path | None, suffix: str) -> Iterator[Path]:
    """Yield a path, and send the finished file to standard output."""
    if sys.stdout.isatty():
        raise RequestError("standard output is a terminal; pipe it, or name a file with -o")
    stem = "music" if source is None or source.name == str(STREAM) else source.stem
    with temporary_folder() as folder, told_at_end():
        path = folder / f"{stem}{suffix}"
        show_as(path, "standard output")
        yield path
        stream = sys.stdout.buffer
        with path.open("rb") as finished, blamed_on_output():
            while block := finished.read(1 << 20):
                stream.write(block)
            stream.flush()


INPUT_FILE: Final = MusicFile()
OUTPUT_FILE: Final = click.Path(path_type=Path, allow_dash=True)
