"""Reads keys from a terminal as they are pressed, and redraws a few lines."""

import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any, Final

from chipgen.printable import printable

TURN_S: Final = 0.02
_ESCAPE_WAIT_S: Final = 0.03  # what an arrow sends comes at once, after the escape key nothing
_SEQUENCE: Final = re.compile(r"\x1b(?:[\[O][0-9;]*[A-Za-z~]?)?")
_NAMES: Final = {
    "A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "1~": "home", "7~": "home",
    "5~": "page-up", "6~": "page-down", " ": "space",
}  # fmt: skip
_WINDOWS: Final = {"H": "up", "P": "down", "M": "right", "K": "left", "G": "home"}


def is_interactive() -> bool:
    """Return whether somebody sits there who can press keys and see what they do."""
    with contextlib.suppress(AttributeError, ValueError):
        watched = sys.stdin.isatty() and sys.stderr.isatty()
        return watched and os.environ.get("TERM", "") != "dumb" and _is_in_front()
    return False


def _is_in_front() -> bool:
    """Return whether keys come here; a job in the background would be stopped for asking."""
    if sys.platform == "win32":
        return True
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:  # a terminal, but not this session's: nobody else asks for its keys
        return True


def split_keys(text: str) -> list[str]:
    r"""Return the keys that a terminal's text stands for.

    Examples
    --------
    >>> split_keys("q \x1b[C\x1bOA\x1b[5~")
    ['q', 'space', 'right', 'up', 'page-up']
    """
    keys = []
    while text:
        found = _SEQUENCE.match(text)
        taken = found.group() if found else text[0]
        name = taken[2:] if len(taken) > 1 else taken
        keys.append(_NAMES.get(name, "escape" if found else name))
        text = text[len(taken) :]
    return keys


@contextlib.contextmanager
def open_keys() -> Iterator["Keys"]:
    """Let keys come without Return and unseen, and leave the terminal as it was, whatever happens.

    Ctrl-C and Ctrl-Z do what they do elsewhere.
    """
    if sys.platform == "win32":
        yield _WindowsKeys()
        return
    import termios
    import tty

    stream = sys.stdin.fileno()
    before = termios.tcgetattr(stream)

    def take(_signal: int = 0, _frame: FrameType | None = None) -> None:
        tty.setcbreak(stream, termios.TCSANOW)

    old = signal.signal(signal.SIGCONT, take)
    try:
        take()
        yield Keys(stream)
    finally:
        signal.signal(signal.SIGCONT, old)
        termios.tcsetattr(stream, termios.TCSANOW, before)


class Keys:
    """Keys that come from a terminal."""

    def __init__(self, stream: int) -> None:
        self._stream = stream

    def read(self, timeout_s: float) -> list[str]:
        """Return what is pressed within a time; nothing if nothing is. A closed terminal quits."""
        if not self._waits(timeout_s):
            return []
        data = os.read(self._stream, 256)
        if data.endswith(b"\x1b") and self._waits(_ESCAPE_WAIT_S):
            data += os.read(self._stream, 16)
        return split_keys(data.decode("utf-8", "replace")) if data else ["q"]

    def _waits(self, timeout_s: float) -> bool:
        import select

        return bool(select.select([self._stream], [], [], timeout_s)[0])


class _WindowsKeys(Keys):
    """The same on Windows, whose console has its own calls."""

    def __init__(self) -> None:
        super().__init__(-1)

    def read(self, timeout_s: float) -> list[str]:
        import msvcrt

        console: Any = msvcrt  # typed on Windows only
        until_s = time.monotonic() + timeout_s
        keys: list[str] = []
        while not keys and time.monotonic() < until_s:
            while console.kbhit():
                key = console.getwch()
                if key == "\x03":
                    raise KeyboardInterrupt
                if key in ("\x00", "\xe0"):
                    keys.append(_WINDOWS.get(console.getwch(), "escape"))
                else:
                    keys += split_keys(key)
            if not keys:
                time.sleep(TURN_S)
        return keys


class Screen:
    """Some lines on standard error that are drawn anew in their place, safe to print."""

    def __init__(self) -> None:
        self._lines = 0

    @property
    def columns(self) -> int:
        """How wide a line may be."""
        try:
            return max(20, os.get_terminal_size(sys.stderr.fileno()).columns - 1)
        except OSError:
            return 79

    @property
    def has_blocks(self) -> bool:
        """Whether block characters can be shown."""
        return (sys.stderr.encoding or "").lower().startswith("utf")

    def __enter__(self) -> "Screen":
        sys.stderr.write("\x1b[?25l")  # hides the cursor
        return self

    def __exit__(self, *_: object) -> None:
        sys.stderr.write("\n\x1b[?25h" if self._lines else "\x1b[?25h")
        sys.stderr.flush()

    def draw(self, lines: Sequence[str]) -> None:
        """Draw lines in the place of those before."""
        up = f"\x1b[{self._lines - 1}A" if self._lines > 1 else ""
        text = "\n".join(f"\r{printable(line)}\x1b[K" for line in lines)
        sys.stderr.write(f"{up}\r{text}\x1b[J")
        sys.stderr.flush()
        self._lines = len(lines)
