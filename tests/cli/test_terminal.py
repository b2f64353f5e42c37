"""Keys are read whole, and the terminal is restored however a command stops."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from chipgen.cli.terminal import split_keys
from tests.terminals import Terminal

EXAMPLES = Path(__file__).parents[2] / "examples"

SEED = EXAMPLES / "seed.mid"


@pytest.mark.parametrize(("way", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_however_it_is_stopped_the_terminal_is_restored(
    open_terminal: Callable[..., Terminal], way: signal.Signals, code: int
) -> None:
    """Ctrl-C and a kill leave a terminal that echoes and shows its cursor."""
    terminal = open_terminal(SEED)
    terminal.await_text(r"bar 1 of 8")
    terminal.process.send_signal(way)
    assert terminal.end() == code
    assert "Traceback" not in terminal.all


def test_arrows_in_pieces_and_floods_are_keys() -> None:
    """Two arrows at once, an escape alone, and what no key sends are told apart."""
    assert split_keys("\x1b[A\x1b[B1") == ["up", "down", "1"]
    assert split_keys("\x1b") == ["escape"]
    assert split_keys("\x1b[24~") == ["escape"]
    assert split_keys("é\x1b[H") == ["é", "home"]
