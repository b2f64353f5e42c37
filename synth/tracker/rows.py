"""A tracker's tempo and speed: on which frame each row is played."""

from collections.abc import Iterator
from typing import Final

from synth.chip.hardware import Region

TICKS: Final = 24  # of a beat that tempo counts in: a row of speed 6 is a sixteenth


def frames_a_minute(region: Region) -> int:
    """Return the frames of a minute as FamiTracker counts them, 50 or 60 a second."""
    return 60 * (50 if region.name == "pal" else 60)


class RowClock:
    """Counts frames as FamiTracker does: 150 beats a minute are one tick a frame on NTSC.

    Examples
    --------
    >>> from synth.chip.hardware import NTSC
    >>> clock = RowClock(NTSC, speed=6, tempo=150)
    >>> [clock.next_row() for _ in range(3)]
    [0, 6, 12]
    """

    def __init__(self, region: Region, speed: int, tempo: int) -> None:
        self.speed, self.tempo = speed, tempo
        self._a_minute = frames_a_minute(region)
        self._counter = 0
        self._frame = -1

    @property
    def frame(self) -> int:
        """The frame of the row that was given last."""
        return self._frame

    def next_row(self) -> int:
        """Return the frame on which the next row is played, with speed and tempo as they are."""
        if self._frame < 0:
            self._frame = 0
        else:
            for _ in self._frames_of_row():
                self._frame += 1
        return self._frame

    def _frames_of_row(self) -> Iterator[None]:
        """Yield once for each frame that the row at hand lasts."""
        ticks = self.tempo * TICKS
        speed = max(self.speed, 1)
        if self._counter <= 0:
            self._counter += self._a_minute - ticks % speed
        self._counter -= ticks // speed
        yield
        while self._counter > 0:
            self._counter -= ticks // speed
            yield
