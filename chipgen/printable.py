"""Makes texts and file names safe to print on a terminal or write to a file.

Nothing is printed in any other way, so that no title, recipe or file name reaches a terminal as a
command to it; a test looks for calls that would.
"""

import codecs
import contextlib
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from chipgen.errors import OutputError

# Characters that change how a terminal shows what follows: controls, directions, separators.
_REORDERING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
_LINE_ENDS: Final = frozenset("\u2028\u2029\x85\x0b\x0c\r")


def printable(text: str) -> str:
    r"""Return a text as one line, without what no terminal or file can hold.

    Escape sequences lose their first byte, line ends become spaces, and halves of surrogate pairs,
    which stand for bytes of file names that are no UTF-8, become question marks.

    Examples
    --------
    >>> printable("a\x1b[2Jb\nc\udce9")
    'a[2Jb c?'
    """
    text = text.encode("utf-8", "replace").decode()
    kept = (" " if character in "\t\r\n" else character for character in text)
    return "".join(c for c in kept if c == " " or c.isprintable()).strip()


def printable_lines(text: str) -> str:
    r"""Return a text of several lines, indents and tabs kept, without what steers a terminal.

    Examples
    --------
    >>> printable_lines("\ta\x1b[2Jb\r\n  c\x9b1m\u202ed")
    '\ta[2Jb \n  c1md'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_kept(character) for character in text)


def _kept(character: str) -> str:
    if character in "\t\n":
        return character
    if character in _LINE_ENDS:
        return " "
    if character in _REORDERING or unicodedata.category(character) == "Cc":
        return ""
    return character


def echo(line: object = "", *, err: bool = False, nl: bool = True, over: bool = False) -> None:
    """Print any text as one line; line ends within it become spaces.

    Parameters
    ----------
    line
        What to print.
    err
        Print it to standard error.
    nl
        End the line.
    over
        Print it over the line that the cursor is on.
    """
    text = printable_lines(str(line)).replace("\n", " ")
    _print(f"\r{text}" if over else text, err=err, nl=nl)


def echo_lines(text: str, *, nl: bool = True) -> None:
    """Print any text of several lines, such as a report or a preset."""
    _print(printable_lines(text), err=False, nl=nl)


def _print(text: str, *, err: bool, nl: bool) -> None:
    import click

    for path, name in _SHOWN.items():
        text = text.replace(path, name)
    with blamed_on_output(err=err):
        # Given the stream, click does not take ASCII for a mistake and write UTF-8.
        click.echo(text, file=sys.stderr if err else sys.stdout, nl=nl)


def flush_output() -> None:
    """Write what standard output still holds back.

    Raises
    ------
    OutputError
        If it cannot be written to.
    """
    with blamed_on_output():
        sys.stdout.flush()


@contextlib.contextmanager
def blamed_on_output(*, err: bool = False) -> Iterator[None]:
    """Say what cannot be written to; a message that cannot be told stops no work."""
    try:
        yield
    except OSError as error:
        if err:
            return
        if isinstance(error, BrokenPipeError):
            raise
        raise OutputError(f"standard output: {error.strerror or error}") from error


_SHOWN: Final[dict[str, str]] = {}


def show_as(path: Path, name: str) -> None:
    """Print a temporary file's path by another name, such as "standard input", from now on."""
    _SHOWN[str(path)] = name


def forget_names() -> None:
    """Print paths as they are again."""
    _SHOWN.clear()


# Letters of typography that old code pages lack, by their code points.
_PLAIN: Final = {
    0x2026: "...", 0x2013: "-", 0x2014: "-", 0x2212: "-", 0xD7: "x", 0xB7: "-", 0x2192: "->",
    0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2265: ">=", 0x2264: "<=",
    0x266F: "#", 0x266D: "b",
}  # fmt: skip


def _write_plainly(error: UnicodeError) -> tuple[str | bytes, int]:
    """Write what an encoding lacks with letters that it has, or else as an escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    plain = error.object[error.start : error.end].translate(_PLAIN)
    return plain.encode("ascii", "backslashreplace").decode("ascii"), error.end


codecs.register_error("chipgen", _write_plainly)


def print_any_name() -> None:
    """Let standard output and error print any text and file name, instead of failing at them."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if getattr(stream, "errors", "") in ("strict", "backslashreplace") and reconfigure:
            reconfigure(errors="chipgen")
