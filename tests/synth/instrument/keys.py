"""Messages of keys, and what is heard of them."""

import numpy as np
from numpy.typing import NDArray

from synth import Synth
from tests.instrument_scores import preset_of

TimedCall = tuple[bytes, float] | tuple[str, float, float]


def on(key: int, time_s: float = 0.0, channel: int = 1, velocity: int = 127) -> TimedCall:
    """Return a key pressed."""
    return bytes([0x8F + channel, key, velocity]), time_s


def off(key: int, time_s: float, channel: int = 1) -> TimedCall:
    """Return a key let go."""
    return bytes([0x7F + channel, key, 0]), time_s


def control(number: int, value: int, time_s: float = 0.0, channel: int = 1) -> TimedCall:
    """Return a controller moved."""
    return bytes([0xAF + channel, number, value]), time_s


def heard(
    *messages: TimedCall, preset: str = "", mode: str = "mono", seconds: float = 1.0
) -> NDArray[np.float32]:
    """Return what `plain`, varied by some YAML, makes of messages."""
    return Synth(preset_of(preset), mode=mode)(messages, seconds, num_channels=1)[0]
