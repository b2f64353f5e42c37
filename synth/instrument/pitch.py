"""Converts MIDI pitches to the chip's timer periods, and periods to frequencies."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.hardware import Region
from synth.chip.voices import VOICE_BY_NAME

LONGEST_PERIOD: Final = 2047  # 11 bits

CONCERT_PITCH: Final = 69
CONCERT_HZ: Final = 440.0


def pitch_to_hz(
    pitch: NDArray[np.float64] | float, tuning_hz: float = CONCERT_HZ
) -> NDArray[np.float64]:
    """Return the equal-tempered frequency of MIDI pitches.

    Examples
    --------
    >>> float(pitch_to_hz(57))
    220.0
    """
    semitones = np.asarray(pitch, dtype=np.float64) - CONCERT_PITCH
    return np.asarray(tuning_hz * np.exp2(semitones / 12.0))


def timer_periods(
    pitch: NDArray[np.float64] | float,
    voice: str,
    region: Region,
    tuning_hz: float = CONCERT_HZ,
) -> NDArray[np.int64]:
    """Return the timer period nearest in cents to each pitch.

    The wave's length in CPU cycles is a whole multiple of the period plus one, so the nearest in
    cents lies on the near side of the geometric mean of two neighbours.

    Parameters
    ----------
    pitch
        MIDI pitches, fractions allowed.
    voice
        ``"pulse1"``, ``"pulse2"`` or ``"triangle"``.
    region
        Whose clock is divided.
    tuning_hz
        Frequency of A4.

    Examples
    --------
    >>> from synth.chip.hardware import NTSC
    >>> int(timer_periods(69, "pulse1", NTSC)), int(timer_periods(69, "triangle", NTSC))
    (253, 126)
    """
    exact = region.clock_hz / (VOICE_BY_NAME[voice].period_cycles * pitch_to_hz(pitch, tuning_hz))
    below = np.floor(exact)
    nearest = np.where(exact * exact > below * (below + 1.0), below + 1.0, below)
    return np.clip(nearest - 1.0, VOICE_BY_NAME[voice].shortest_period, LONGEST_PERIOD).astype(
        np.int64
    )


def period_hz(period: NDArray[np.int64] | int, voice: str, region: Region) -> NDArray[np.float64]:
    """Return the frequency that a timer period sounds at.

    Examples
    --------
    >>> from synth.chip.hardware import NTSC
    >>> round(float(period_hz(253, "pulse1", NTSC)), 3)
    440.397
    """
    cycles = VOICE_BY_NAME[voice].period_cycles * (np.asarray(period, dtype=np.float64) + 1.0)
    return np.asarray(region.clock_hz / cycles)


def tuning_error_cents(
    pitch: NDArray[np.float64] | float, voice: str, region: Region
) -> NDArray[np.float64]:
    """Return how far the chip plays beside each pitch, in cents, sharp positive."""
    heard = period_hz(timer_periods(pitch, voice, region), voice, region)
    return np.asarray(1200.0 * np.log2(heard / pitch_to_hz(pitch)))
