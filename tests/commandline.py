"""Runs chipgen's command line inside the test process."""

import contextlib
import os
import sys
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from unittest import mock

from chipgen.cli.main import main


@dataclass(frozen=True, slots=True)
class Result:
    """What a call printed and how it ended; `data` is standard output as bytes."""

    exit_code: int
    stdout: str
    stderr: str
    data: bytes = b""

    @property
    def output(self) -> str:
        """Standard output and error together."""
        return self.stdout + self.stderr


def run(*arguments: str | Path, cwd: Path | None = None, stdin: bytes = b"") -> Result:
    """Call ``chipgen ARGUMENTS`` as the console script does, in `cwd` if given."""
    stdout, stderr = (TextIOWrapper(BytesIO(), "utf-8", newline="") for _ in range(2))
    code = 0
    before = Path.cwd()
    with (
        mock.patch.object(sys, "argv", ["chipgen", *map(str, arguments)]),
        mock.patch.object(sys, "stdin", TextIOWrapper(BytesIO(stdin), "utf-8")),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        if cwd is not None:
            os.chdir(cwd)
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1 if stop.code else 0
        finally:
            os.chdir(before)
    data, told = (_written(stream) for stream in (stdout, stderr))
    return Result(code, data.decode("utf-8", "replace"), told.decode(), data)


def _written(stream: TextIOWrapper) -> bytes:
    stream.flush()
    kept = stream.buffer
    assert isinstance(kept, BytesIO)
    return kept.getvalue()
