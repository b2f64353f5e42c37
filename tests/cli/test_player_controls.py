"""Keys steer what plays, and its end ends the command."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.terminals import Terminal

EXAMPLES = Path(__file__).parents[2] / "examples"

SEED = EXAMPLES / "seed.mid"


def test_keys_steer_the_music(open_terminal: Callable[..., Terminal]) -> None:
    """Pause and go on, seek, the next preset, mute: each is seen; q ends it, the terminal whole."""
    terminal = open_terminal(EXAMPLES / "orchestra.mid")
    terminal.await_text(r"orchestra\.mid  default \(\d+/\d+\)")
    terminal.await_text(r"bar 1 of 20")
    terminal.await_text(r"TR █+")
    terminal.press(" ")
    at = terminal.await_text(r"0:\d\d / 0:3\d  bar \d+ of 20  paused")
    terminal.press("\x1b[C")
    terminal.await_text(rf"0:{int(at[2:4]) + 5:02} / 0:3\d  bar \d+ of 20  paused")
    terminal.press(" ")
    terminal.await_text(r"of 20\x1b")
    terminal.press("\x1b[B")
    terminal.await_text(r"dungeon \(\d+/\d+\)")
    terminal.press("1")
    terminal.await_text(r"P1 mute")
    terminal.press("1.")
    terminal.await_text(r"P1 [█·]")
    terminal.press("q")
    assert terminal.end() == 0


def test_the_end_of_the_music_ends_it(open_terminal: Callable[..., Terminal]) -> None:
    """After the last sample it ends by itself; a chip file has no presets and no bars."""
    terminal = open_terminal(SEED)
    terminal.await_text(r"bar 1 of 8")
    for _ in range(3):
        terminal.press("\x1b[C")
        time.sleep(0.3)
    assert terminal.end() == 0
