"""A pseudo-terminal that a command of chipgen runs in."""

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

from tests.soundserver import SoundServer

WAIT_S = 60.0


class Terminal:
    """A terminal of 24 by 100 with `chipgen play` in it."""

    def __init__(self, server: SoundServer, folder: Path, *arguments: str | Path) -> None:
        self.master, self._slave = pty.openpty()
        termios.tcsetwinsize(self._slave, (24, 100))
        self._before = termios.tcgetattr(self._slave)
        self.text = self.all = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chipgen", "play", *map(str, arguments)],
            stdin=self._slave, stdout=self._slave, stderr=self._slave, cwd=folder,
            env={**server.environment, "TERM": "xterm", "PYTHONIOENCODING": "utf-8",
                 "PYTHONPATH": str(Path(__file__).parents[1])},
        )  # fmt: skip

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.master, keys.encode())

    def read(self, wait_s: float = 0.05) -> str:
        """Take in what is shown; return all there was since the last wait."""
        while select.select([self.master], [], [], wait_s)[0]:
            try:
                more = os.read(self.master, 65_536).decode("utf-8", "replace")
                self.text, self.all = self.text + more, self.all + more
            except OSError:
                break
            wait_s = 0.0
        return self.text

    def await_text(self, pattern: str) -> str:
        """Wait until something is shown, forget all before it, and return it."""
        until = time.monotonic() + WAIT_S
        while (found := re.search(pattern, self.read())) is None:
            assert time.monotonic() < until, f"{pattern} was never shown: {self.text[-400:]!r}"
            assert self.process.poll() is None or re.search(pattern, self.read()), self.text[-400:]
        self.text = self.text[found.end() :]
        return found.group()

    def end(self) -> int:
        """Wait for the end; the terminal must be as it was."""
        until = time.monotonic() + WAIT_S
        while self.process.poll() is None:
            self.read()
            assert time.monotonic() < until, "it does not end"
        self.read()
        assert termios.tcgetattr(self._slave) == self._before
        assert "\x1b[?25h" in self.all  # the cursor is shown again
        return self.process.returncode

    def close(self) -> None:
        """Let go of it."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self._slave)
