"""Renders the next preset or version of a piece in the background while the old one plays."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chipgen.playing.transport import Transport, Tune


@dataclass(frozen=True, slots=True)
class Selection:
    """Which preset is to be heard, on which version of a piece that grows."""

    preset: str
    version: int = 0


class Prefetcher:
    """Voices a piece in a thread of its own while the previous voicing plays on.

    Parameters
    ----------
    voice
        Voices the current piece with the preset of a name.
    selection
        The selection that is voiced first, before this returns.
    presets
        Names to choose from, in their order.
    rate_hz
        Sample rate of the device.
    """

    def __init__(
        self,
        voice: Callable[[str], Tune],
        selection: Selection,
        presets: Sequence[str],
        rate_hz: int,
    ) -> None:
        self.presets = tuple(presets)
        self.selection = selection
        self.failure: Exception | None = None
        self._voice = voice
        self._turn = threading.Condition()
        self._closing = False
        self.transport = Transport(voice(selection.preset), rate_hz)
        self._thread = threading.Thread(target=self._work, daemon=True, name="prefetch")
        self._thread.start()

    def step_preset(self, steps: int) -> None:
        """Move by a number of presets, around the list."""
        known = self.selection.preset in self.presets
        at = self.presets.index(self.selection.preset) + steps if known else min(steps, 0)
        self.select(Selection(self.presets[at % len(self.presets)], self.selection.version))

    def grow(self, version: int) -> None:
        """Say that there is more of the piece."""
        if version != self.selection.version:
            self.select(Selection(self.selection.preset, version))

    def select(self, selection: Selection) -> None:
        """Have something voiced and played; the last of several selections counts."""
        with self._turn:
            self.selection = selection
            self._turn.notify_all()

    def close(self) -> None:
        """Stop voicing."""
        with self._turn:
            self._closing = True
            self._turn.notify_all()
        self._thread.join()

    def _work(self) -> None:
        done = self.selection
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._closing or self.selection != done)  # noqa: B023
                if self._closing:
                    return
                done = self.selection
            try:
                self.transport.play(self._voice(done.preset))
            except Exception as error:  # the listener reports it; in a thread it would be lost
                self.failure = error
                return
