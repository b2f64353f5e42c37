"""A MIDI backend for mido with one made-up keyboard, which plays a few notes and is unplugged."""

import os
import threading
import time
from pathlib import Path
from typing import Any

import mido
from mido.ports import BaseInput

NAME = "Test Keyboard 24:0"
THROUGH = "Midi Through Port-0 14:0"

WRITTEN = "CHIPGEN_TEST_WRITTEN"
"""Environment variable: the file in which the sound card's samples are kept."""

# Seconds to wait before each message.
SONG = (
    (0.3, mido.Message("note_on", note=69, velocity=127)),
    (0.6, mido.Message("note_off", note=69)),
    (0.3, mido.Message("note_on", channel=9, note=38, velocity=127)),
    (0.4, mido.Message("pitchwheel", pitch=100)),
)


def get_devices(**_: Any) -> list[dict[str, Any]]:
    """Return what mido asks a backend for: the ports there are."""
    return [{"name": name, "is_input": True, "is_output": False} for name in (THROUGH, NAME)]


class Input(BaseInput):  # type: ignore[misc]
    """The keyboard: its own thread plays `SONG`."""

    def _open(self, callback: Any = None, **_: Any) -> None:
        assert self.name == NAME
        self.callback = callback
        threading.Thread(target=self._play, daemon=True).start()

    def _play(self) -> None:
        _wait_until_sound_flows(Path(os.environ[WRITTEN]))
        for pause_s, message in SONG:
            time.sleep(pause_s)
            self.callback(message)
        self.close()


def _wait_until_sound_flows(written: Path, patience_s: float = 10.0) -> None:
    """Return when the device has taken sound at its own speed for a while: it begins in jerks."""
    steady, size, then = 0, 0, time.monotonic()
    until = then + patience_s
    while steady < 4 and then < until:
        time.sleep(0.4)
        before, size = size, written.stat().st_size if written.exists() else 0
        earlier, then = then, time.monotonic()
        seconds = (size - before) / (4 * 44_100)
        steady = steady + 1 if 0.7 < seconds / (then - earlier) < 1.3 else 0
