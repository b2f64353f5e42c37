"""Runs chipgen's command line inside the test process."""

import contextlib
import os
import sys
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest import mock

from chipgen.cli.main import main


@dataclass(frozen=True, slots=True)
class Result:
    """What a call printed and how it ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Standard output and error together."""
        return self.stdout + self.stderr


def run(*arguments: str | Path, cwd: Path | None = None) -> Result:
    """Call ``chipgen ARGUMENTS`` as the console script does, in `cwd` if given."""
    stdout, stderr = StringIO(), StringIO()
    code = 0
    before = Path.cwd()
    with (
        mock.patch.object(sys, "argv", ["chipgen", *map(str, arguments)]),
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
    return Result(code, stdout.getvalue(), stderr.getvalue())
