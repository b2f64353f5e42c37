"""Crossfades from one source of sound to the next without a click."""

from collections import deque
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.float32]

FADE_S: Final = 0.008  # long enough for no click, short enough for no double sound
SILENT: Final = 1e-3  # a step of so little is no click


class Crossfader:
    """One line of sound: it goes over from source to source, and can be taken back a little."""

    def __init__(self, channels: int, fade_frames: int, kept_frames: int) -> None:
        self.source: Callable[[int], Block] | None = None
        self._channels = channels
        self._kept_frames = kept_frames
        turn = np.linspace(0.0, np.pi / 2, fade_frames, endpoint=False)
        self._down, self._up = np.cos(turn)[:, np.newaxis], np.sin(turn)[:, np.newaxis]
        self._recent: deque[Block] = deque()  # what was read, in the blocks that it was read in
        self._recent_frames = 0
        self._waiting = self._nothing()

    @property
    def waiting(self) -> int:
        """Frames that are made and not read yet."""
        return len(self._waiting)

    @property
    def taken_back(self) -> int:
        """Frames that `rewind` can take back."""
        return self._recent_frames

    def read(self, n_frames: int) -> Block:
        """Return the next frames, silence where there is no source."""
        sound = self._take(n_frames)
        self._remember(sound)
        return sound

    def pass_silently(self, n_frames: int) -> None:
        """As `read`, when there is nothing to be read."""
        missing = min(n_frames, self._kept_frames)
        self._remember(np.zeros((missing, self._channels), np.float32))

    def rewind(self, n_frames: int) -> None:
        """Take back frames that were read, `taken_back` at most."""
        back = [self._waiting]
        missing = n_frames
        while missing > 0:
            block = self._recent.pop()
            if len(block) > missing:
                self._recent.append(block[:-missing])
                block = block[-missing:]
            back.append(block)
            missing -= len(block)
        self._recent_frames -= n_frames
        if n_frames:
            self._waiting = np.concatenate(back[::-1])

    def switch(
        self,
        source: Callable[[int], Block] | None,
        *,
        attack: bool = False,
        between: Callable[[], None] | None = None,
    ) -> None:
        """Go over to another source.

        The gains of the two keep the power even, however alike the two are: they are those of an
        equal-power fade for strangers and of a plain one for sound that hardly changes.

        Parameters
        ----------
        attack
            Whether the source begins by itself, so that after silence it is not faded in.
        between
            Called when all is read of the old sound and nothing of the new.
        """
        old = self._take(len(self._down))
        self._waiting, self._recent_frames = self._nothing(), 0
        self._recent.clear()
        if between is not None:
            between()
        self.source = source
        if attack and not old.any():
            return
        new = self._take(len(self._down))
        energy = float(np.vdot(old, old)) * float(np.vdot(new, new))
        alike = max(0.0, float(np.vdot(old, new)) / energy**0.5) if energy > 0 else 0.0
        evened = np.sqrt(1.0 + 2.0 * min(alike, 1.0) * self._down * self._up)
        faded = (old * self._down + new * self._up) / evened
        self._waiting = np.concatenate((faded.astype(np.float32), self._waiting))

    def _take(self, n_frames: int) -> Block:
        sound: Block = self._waiting[:n_frames]
        self._waiting = self._waiting[n_frames:]
        missing = n_frames - len(sound)
        if missing and self.source is not None:
            made = self.source(missing)
            sound = _joined(sound, made)
            if len(made) < missing:
                self.source = None
                sound = _joined(sound, self._end_of(sound))
                sound, self._waiting = sound[:n_frames], sound[n_frames:]
            missing = n_frames - len(sound)
        return _joined(sound, np.zeros((missing, self._channels), np.float32))

    def _end_of(self, sound: Block) -> Block:
        """Return what leads from the last frame to silence; nothing if that is silent."""
        last = sound[-1:]
        if not len(last) and self._recent:
            last = self._recent[-1][-1:]
        if not len(last) or np.abs(last).max() < SILENT:
            return self._nothing()
        fall: Block = (last * self._down**2).astype(np.float32)
        return fall

    def _remember(self, sound: Block) -> None:
        if not len(sound):
            return
        self._recent.append(sound[-self._kept_frames :])
        self._recent_frames += len(self._recent[-1])
        while self._recent_frames > self._kept_frames:
            extra = self._recent_frames - self._kept_frames
            oldest = self._recent.popleft()
            if len(oldest) > extra:
                self._recent.appendleft(oldest[extra:])
            self._recent_frames -= min(extra, len(oldest))

    def _nothing(self) -> Block:
        return np.zeros((0, self._channels), np.float32)


def _joined(first: Block, second: Block) -> Block:
    if not len(first):
        return second
    return np.concatenate((first, second)) if len(second) else first
