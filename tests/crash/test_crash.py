"""Commands that are killed while they write lose nothing; `make crash` tries many more points."""

import shutil
import sys

import pytest

from tests.crash.commands import COMMANDS
from tests.crash.harness import Command, check_command

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("cc"), reason="needs Linux and a C compiler"
)
SHORT = 3


@pytest.mark.parametrize("command", COMMANDS[:2], ids=lambda command: command.name)
def test_a_kill_loses_nothing(command: Command) -> None:
    """First, last and in between: what is the user's stays, and the next run puts all right."""
    tried, wrong = check_command(command, SHORT)
    assert tried == SHORT
    assert wrong == []
