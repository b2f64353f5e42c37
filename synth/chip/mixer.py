"""Mixes the levels of the five channels by the chip's non-linear formulas.

The pulses share one resistor network, triangle, noise and DMC another, so two tables hold all
that can be heard. They are built from the formulas, not from an approximation.

References
----------
NESdev wiki: "APU Mixer".
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.chip.apu import PULSES_BITS, REST_BITS
from synth.chip.voices import CHANNELS

OUTPUTS: Final = ("mix", "isolated", "apu")

# Amplitudes are rounded to this grid so that sums of steps are exact in float64 (see bandlimit).
AMPLITUDE_GRID: Final = 2.0**-27


def mix_pulses(pulse1: ArrayLike, pulse2: ArrayLike) -> NDArray[np.float64]:
    """Amplitude of the pulses' half of the mixer.

    Parameters
    ----------
    pulse1, pulse2
        Levels 0-15, any shapes that broadcast.

    Returns
    -------
    ndarray
        Amplitude 0-0.2585, where 1 is the loudest that both halves reach together.

    Examples
    --------
    >>> round(float(mix_pulses(15, 15)), 4)
    0.2585
    """
    total = np.asarray(pulse1, dtype=np.float64) + np.asarray(pulse2, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return 95.88 / (8128.0 / total + 100.0)


def mix_rest(triangle: ArrayLike, noise: ArrayLike, dmc: ArrayLike) -> NDArray[np.float64]:
    """Amplitude of the other half: triangle, noise and DMC.

    Parameters
    ----------
    triangle, noise
        Levels 0-15, any shapes that broadcast.
    dmc
        Level 0-127.

    Returns
    -------
    ndarray
        Amplitude 0-0.7415.

    Examples
    --------
    >>> round(float(mix_rest(15, 0, 0)), 4)
    0.2464
    >>> round(float(mix_rest(15, 0, 127)) - float(mix_rest(0, 0, 127)), 4)
    0.1071
    """
    total = (
        np.asarray(triangle, dtype=np.float64) / 8227.0
        + np.asarray(noise, dtype=np.float64) / 12241.0
        + np.asarray(dmc, dtype=np.float64) / 22638.0
    )
    with np.errstate(divide="ignore"):
        return 159.79 / (1.0 / total + 100.0)


def mixer_tables(outputs: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Build the tables from packed levels to amplitude, for each output column.

    Parameters
    ----------
    outputs
        ``"mix"``: one column, all channels. ``"isolated"``: five columns, each channel alone.
        ``"apu"``: five columns, the first channel, the first two, and so on to all.

    Returns
    -------
    pulses
        Amplitudes by the pulses' packed level, shape (columns, 256), float64.
    rest
        Amplitudes by the other channels' packed level, shape (columns, 32768), float64.
    """
    count = len(CHANNELS)
    if outputs == "mix":
        heard = [[True] * count]
    elif outputs == "isolated":
        heard = [[row == column for row in range(count)] for column in range(count)]
    else:
        heard = [[row <= column for row in range(count)] for column in range(count)]
    pulse_word = np.arange(1 << PULSES_BITS)
    rest_word = np.arange(1 << REST_BITS)
    pulses = [
        mix_pulses((pulse_word & 15) * p1, (pulse_word >> 4) * p2) for p1, p2, _, _, _ in heard
    ]
    rest = [
        mix_rest(((rest_word >> 4) & 15) * t, (rest_word & 15) * n, (rest_word >> 8) * d)
        for _, _, t, n, d in heard
    ]
    return _on_grid(np.stack(pulses)), _on_grid(np.stack(rest))


def _on_grid(amplitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to `AMPLITUDE_GRID`, 7 bits finer than a 20-bit converter."""
    return np.rint(amplitude / AMPLITUDE_GRID) * AMPLITUDE_GRID
