"""The console's output stage: first-order filters between the chip and the plug.

Low-pass filters are fitted to the analogue response at 0 Hz, at the corner and at the end of
hearing, because the usual bilinear design bends a 14 kHz corner down to silence at 22 kHz.
High-pass corners are low enough for the bilinear design to be exact to hundredths of a decibel.

References
----------
NESdev wiki: "APU Mixer" (NES front-loader: high-pass 90 Hz and 440 Hz, low-pass 14 kHz; Famicom:
high-pass 37 Hz).
"""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.compiled import compiled

# Stages as (kind, corner in Hz).
CONSOLE_FILTERS: Final[dict[str, tuple[tuple[str, float], ...]]] = {
    "none": (),
    "nes": (("highpass", 90.0), ("highpass", 440.0), ("lowpass", 14_000.0)),
    "famicom": (("highpass", 37.0),),
}
MAX_STAGES: Final = 3

# Samples are rounded to the grid of a 24-bit file, so that such a file holds them exactly and
# differences of outputs sum exactly in float32.
SAMPLE_GRID: Final = 2.0**-23

# Far below hearing and the sample grid; keeps decaying filters out of the slow denormal numbers.
_FLOOR: Final = 1e-30

# A corner above this share of half the sample rate is out of reach of a fit, which then is made in
# the middle and at the end of the band instead.
_HIGHEST_CORNER: Final = 0.8
_HIGHEST_HEARD_HZ: Final = 20_000.0


def design_filter(console_filter: str, rate_hz: int) -> NDArray[np.float64]:
    """Coefficients of a console's output stage.

    Parameters
    ----------
    console_filter
        A key of `CONSOLE_FILTERS`.
    rate_hz
        Sample rate in Hz.

    Returns
    -------
    ndarray
        Shape (MAX_STAGES, 3), float64: (b0, b1, a) of ``y[n] = b0 x[n] + b1 x[n-1] + a y[n-1]``,
        stages that are not there being (1, 0, 0).

    Examples
    --------
    >>> design_filter("none", 44_100).tolist()
    [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    """
    stages = np.tile([1.0, 0.0, 0.0], (MAX_STAGES, 1))
    for stage, (kind, corner_hz) in enumerate(CONSOLE_FILTERS[console_filter]):
        design = _highpass if kind == "highpass" else _lowpass
        stages[stage] = design(corner_hz, rate_hz)
    return stages


def filter_response(
    stages: NDArray[np.float64], frequency_hz: NDArray[np.float64], rate_hz: int
) -> NDArray[np.complex128]:
    """Complex gain of filter stages at frequencies in Hz, same shape."""
    z1 = np.exp(-2j * np.pi * np.asarray(frequency_hz) / rate_hz)
    gain: NDArray[np.complex128] = np.ones_like(z1)
    for b0, b1, a in stages:
        gain *= (b0 + b1 * z1) / (1.0 - a * z1)
    return gain


@compiled
def finish_frames(
    differences: Any, frames: int, stages: Any, memory: Any, samples: Any, column: int
) -> None:
    """Sum the differences up, filter, and round to float32.

    Parameters
    ----------
    differences
        Output of the band-limited steps, at least `frames` long.
    frames
        How many samples to make.
    stages
        `design_filter`'s coefficients.
    memory
        State of the column, shape (MAX_STAGES + 1,): running sum and each stage's last output.
    samples
        Where they go, float32, shape (frames, columns).
    column
        Column of `samples` to fill.
    """
    a1, b1, f1 = stages[0, 0], stages[0, 1], stages[0, 2]
    a2, b2, f2 = stages[1, 0], stages[1, 1], stages[1, 2]
    a3, b3, f3 = stages[2, 0], stages[2, 1], stages[2, 2]
    x, y1, y2, y3 = memory[0], memory[1], memory[2], memory[3]
    for frame in range(frames):
        last_x, last_y1, last_y2 = x, y1, y2
        x = last_x + differences[frame]
        y1 = (a1 * x + b1 * last_x + _FLOOR) + f1 * y1
        y2 = (a2 * y1 + b2 * last_y1 + _FLOOR) + f2 * y2
        y3 = (a3 * y2 + b3 * last_y2 + _FLOOR) + f3 * y3
        samples[frame, column] = np.rint(y3 * (1.0 / SAMPLE_GRID)) * SAMPLE_GRID
    memory[0], memory[1], memory[2], memory[3] = x, y1, y2, y3


def settled_memory(stages: NDArray[np.float64], amplitude: float) -> NDArray[np.float64]:
    """State of the filters after an eternity at one amplitude, shape (MAX_STAGES + 1,)."""
    memory = [amplitude]
    for b0, b1, a in stages:
        memory.append(memory[-1] * (b0 + b1) / (1.0 - a))
    return np.array(memory)


def _highpass(corner_hz: float, rate_hz: int) -> tuple[float, float, float]:
    """Bilinear high-pass with the corner in its place."""
    t = math.tan(math.pi * corner_hz / rate_hz)
    b = 1.0 / (1.0 + t)
    return b, -b, (1.0 - t) / (1.0 + t)


def _lowpass(corner_hz: float, rate_hz: int) -> tuple[float, float, float]:
    """Low-pass whose power gain is the analogue one at three frequencies.

    With s = sin(w/2)^2 a first-order power gain of 1 at 0 Hz is (1 + B s) / (1 + A s). Two more
    frequencies give A and B, and a factor (1 - c z^-1) has the gain 1 + 4 c / (1 - c)^2 s.
    """
    nyquist_hz = rate_hz / 2
    if corner_hz <= _HIGHEST_CORNER * nyquist_hz:
        fitted_hz = corner_hz, min(_HIGHEST_HEARD_HZ, nyquist_hz)
    else:
        fitted_hz = nyquist_hz / 2, nyquist_hz
    s1, s2 = (math.sin(math.pi * hz / rate_hz) ** 2 for hz in fitted_hz)
    g1, g2 = (1.0 / (1.0 + (hz / corner_hz) ** 2) for hz in fitted_hz)
    a_power = ((g1 - 1.0) / s1 - (g2 - 1.0) / s2) / (g2 - g1)
    b_power = (g1 - 1.0) / s1 + g1 * a_power
    pole = _factor(a_power)
    zero = _factor(b_power)
    scale = (1.0 - pole) / (1.0 - zero)
    return scale, -scale * zero, pole


def _factor(power: float) -> float:
    """Solve 4 c / (1 - c)^2 = power for the c inside the unit circle."""
    return power / ((power + 2.0) + 2.0 * math.sqrt(1.0 + power))
