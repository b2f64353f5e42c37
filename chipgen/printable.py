"""Text from files and of file names to text that terminals and files can hold."""

import sys


def printable(text: str) -> str:
    r"""Return a text without control characters and what no terminal or file can hold.

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


def print_any_name() -> None:
    """Let standard output and error print file names of any bytes, instead of failing at them."""
    for stream in (sys.stdout, sys.stderr):
        if getattr(stream, "errors", "") == "strict":
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
