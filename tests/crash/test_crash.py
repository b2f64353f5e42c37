"""Commands that are stopped while they write lose nothing; `make crash` tries many more points."""

import shutil
import sys
from collections.abc import Iterator

import pytest

from tests.crash.commands import COMMANDS
from tests.crash.harness import STOPS, Command, Runner, check_command, running

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("cc"), reason="needs Linux and a C compiler"
)
SHORT = 3


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    """Run commands in a folder of this module."""
    with running() as found:
        yield found


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("command", COMMANDS[:2], ids=lambda command: command.name)
def test_a_stop_loses_nothing(command: Command, stop: str, runner: Runner) -> None:
    """First, last and in between: what is the user's stays, and the next run puts all right."""
    tried, wrong = check_command(command, SHORT, runner, stop)
    assert tried == SHORT
    assert wrong == []
