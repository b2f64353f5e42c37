"""Renders of register writes, and what is measured of them."""

import numpy as np
from numpy.typing import NDArray

from synth.chip.hardware import NTSC, Region
from synth.chip.render_log import render
from tests.chip_logs import (
    Write,
    log_of,
)

RATE_HZ = 44_100


def sound(
    writes: list[Write],
    seconds: float,
    *,
    rate_hz: int = RATE_HZ,
    console_filter: str = "none",
    region: Region = NTSC,
) -> NDArray[np.float64]:
    """Render writes to one channel of float64 samples."""
    log = log_of(writes, round(seconds * region.clock_hz), region)
    return render(log, rate_hz, console_filter)[:, 0].astype(np.float64)


def amplitude_of(samples: NDArray[np.float64], hz: float, rate_hz: int = RATE_HZ) -> float:
    """Amplitude of the sine at exactly `hz`."""
    window = np.kaiser(samples.size, 14.0)
    carrier = np.exp(-2j * np.pi * hz / rate_hz * np.arange(samples.size))
    return 2.0 * float(np.abs(np.sum(window * samples * carrier)) / window.sum())
