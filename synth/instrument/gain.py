"""Ramps gain without clicks, independently of block sizes."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

GAIN_RAMP_S: Final = 0.005  # a change of loudness takes so long, so that it does not click


@dataclass(frozen=True, slots=True)
class Ramp:
    """A loudness that goes from one gain to another from a frame on.

    Attributes
    ----------
    start, goal
        Gains, 1 leaves samples as they are.
    frame
        Where it begins.
    """

    start: float = 1.0
    goal: float = 1.0
    frame: int = 0

    def gain(self, frame: NDArray[np.int64] | int, length: int) -> NDArray[np.float64]:
        """Return the gain in given frames of a ramp that takes `length` frames.

        Examples
        --------
        >>> Ramp(1.0, 0.0, frame=10).gain(np.array([0, 10, 12, 14, 99]), 4).tolist()
        [1.0, 1.0, 0.5, 0.0, 0.0]
        """
        share = np.clip((np.asarray(frame) - self.frame) / length, 0.0, 1.0)
        return np.asarray(self.start + (self.goal - self.start) * share)


def apply_gain(
    sound: NDArray[np.float32], first_frame: int, segments: list[tuple[int, Ramp]], length: int
) -> None:
    """Scale a block in place.

    Parameters
    ----------
    sound
        Shape (frames, channels).
    first_frame
        Where the block begins.
    segments
        Ramps and the frames from which they hold, in order; the first holds from the beginning.
    length
        Frames that a ramp takes.
    """
    ends = [frame for frame, _ in segments[1:]] + [first_frame + len(sound)]
    for (first, ramp), until in zip(segments, ends, strict=True):
        if ramp.start == ramp.goal == 1.0 or first >= until:
            continue
        gain = ramp.gain(np.arange(first, until), length)
        sound[first - first_frame : until - first_frame] *= gain[:, np.newaxis].astype(np.float32)


def db_to_gain(db: float) -> float:
    """Return the factor of a level in dB.

    Examples
    --------
    >>> db_to_gain(-20.0)
    0.1
    """
    return float(10.0 ** (db / 20.0))
