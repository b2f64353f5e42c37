"""A MIDI backend for mido with one made-up keyboard, which plays a few notes and is unplugged."""

import threading
import time
from typing import Any

import mido
from mido.ports import BaseInput

NAME = "Test Keyboard 24:0"
THROUGH = "Midi Through Port-0 14:0"

# Seconds to wait before each message; a sound server takes its time to begin.
SONG = (
    (3.0, mido.Message("note_on", note=69, velocity=127)),
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
        for pause_s, message in SONG:
            time.sleep(pause_s)
            self.callback(message)
        self.close()
