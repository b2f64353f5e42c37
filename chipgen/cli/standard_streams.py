"""Makes standard input, output and error usable, also where the caller has closed them."""

import contextlib
import os
import sys
from typing import IO, Any, Final

# Descriptor, name, how it is read and written, and how what stands in for it is opened: standard
# output so that writing to it fails, and standard error so that nobody notices.
_STREAMS: Final = (
    (0, "stdin", "r", os.O_RDONLY),
    (1, "stdout", "w", os.O_RDONLY),
    (2, "stderr", "w", os.O_WRONLY),
)


def open_standard_streams() -> None:
    """Give the standard streams that are closed something in their place.

    Otherwise the next file that is opened would have their number, and get what is printed. Input
    is empty then, output cannot be written, and messages are lost.
    """
    for descriptor, name, mode, flags in _STREAMS:
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, flags)  # takes the lowest number that is free, which is this one
        if getattr(sys, name) is None:
            stream: IO[Any] = open(descriptor, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def drop_output() -> None:
    """Let nothing more be written to standard output, not even when Python ends.

    For where it cannot be: its reader has gone, the disk is full.
    """
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
