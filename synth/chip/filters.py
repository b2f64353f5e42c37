"""The console's output filters.

Low-pass filters are fitted to the analogue response at 0 Hz, at the corner and at the end of
hearing, because the usual bilinear design bends a 14 kHz corner down to silence at 22 kHz.
High-pass corners are low enough for the bilinear design to be exact to hundredths of a decibel.

References
----------
NESdev wiki: "APU Mixer" (NES front-loader: high-pass 90 Hz and 440 Hz, low-pass 14 kHz; Famicom:
high-pass 37 Hz).
"""

import itertools
import math
import operator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.vector_loops import (
    COEFFICIENTS,
    DECAY,
    INTAKE,
    KEEP,
    RESPONSE,
    STATES,
    VECTOR_LENGTH,
    filter_groups,
)
from synth.kernels import compiled

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
# Adding and taking away this rounds a float64 to a multiple of it.
_ROUNDING: Final = 1.5 * 2.0**52 * SAMPLE_GRID

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


def parallel_form(stages: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn a running sum and filter stages after it into what `filter_groups` runs.

    One after the other, each frame would wait for the frame before. A chain of first-order stages
    is also a sum of first-order ones, side by side: its response to a single difference is
    ``h[n] = sum of r * p**n`` over the poles p. So the frames of a group follow from the group's
    differences and from what the states were before it, all at the same time.

    Parameters
    ----------
    stages
        `design_filter`'s coefficients.

    Returns
    -------
    ndarray
        Shape (COEFFICIENTS,), float64.

    Notes
    -----
    The running sum is 1 / (1 - z^-1). A high-pass stage has the factor 1 - z^-1, which cancels it;
    without one the sum's pole 1 stays, whose powers are exact.
    """
    poles, residues = _partial_fractions(stages)
    powers = np.zeros((STATES, VECTOR_LENGTH + 1))
    for state, pole in enumerate(poles):
        powers[state] = list(itertools.accumulate([1.0] + VECTOR_LENGTH * [pole], operator.mul))
    shares = np.zeros((STATES, VECTOR_LENGTH))
    shares[: len(poles)] = np.array(residues)[:, None] * powers[: len(poles), :VECTOR_LENGTH]
    table = np.zeros(COEFFICIENTS)
    response = table[RESPONSE:DECAY].reshape(VECTOR_LENGTH, VECTOR_LENGTH)
    for frame in range(VECTOR_LENGTH):
        response[frame, frame:] = shares.sum(axis=0)[: VECTOR_LENGTH - frame]
    table[DECAY:INTAKE] = powers[:, 1:].ravel()
    table[INTAKE:KEEP] = shares[:, ::-1].T.ravel()
    table[KEEP : KEEP + STATES] = powers[:, VECTOR_LENGTH]
    table[KEEP + STATES :][: len(poles)] = [_FLOOR if pole < 1.0 else 0.0 for pole in poles]
    return table


def settled_states(stages: NDArray[np.float64], amplitude: float) -> NDArray[np.float64]:
    """State of the parallel form after an eternity at one amplitude, shape (STATES,)."""
    states = np.zeros(STATES)
    if _partial_fractions(stages)[0][0] == 1.0:
        states[0] = amplitude
    return states


@compiled
def finish_frames(
    differences: Any, skipped: int, frames: int, table: Any, states: Any, finished: Any,
    samples: Any,
) -> None:  # fmt: skip
    """Sum the differences up, filter, and round to float32.

    Parameters
    ----------
    differences
        Output of the band-limited steps, float64, from the first frame of a group on.
    skipped
        Frames of the first group that were made before.
    frames
        How many samples to make.
    table
        `parallel_form`'s coefficients.
    states
        State of the column, shape (STATES,), at the start of the first group. It is brought forward
        to the last group that is complete.
    finished
        Scratch for a group, float32, shape (VECTOR_LENGTH,).
    samples
        Where they go, float32, shape (frames,).

    Notes
    -----
    Groups begin at frame numbers that are multiples of VECTOR_LENGTH, wherever blocks begin and
    end, and a frame does not affect those before it. So the last group can be filtered with the
    frames that are known, and again when the others are: the samples have the same bits.
    """
    end = skipped + frames
    whole = end & -VECTOR_LENGTH
    first = 0
    if skipped and whole:
        filter_groups(differences, 1, table, states, _ROUNDING, finished)
        first = VECTOR_LENGTH
        for frame in range(skipped, VECTOR_LENGTH):
            samples[frame - skipped] = finished[frame]
    filter_groups(
        differences[first:], (whole - first) // VECTOR_LENGTH, table, states, _ROUNDING,
        samples[max(first - skipped, 0) :],
    )  # fmt: skip
    if end > whole:
        kept = states[0], states[1], states[2], states[3]
        filter_groups(differences[whole:], 1, table, states, _ROUNDING, finished)
        states[0], states[1], states[2], states[3] = kept
        for frame in range(max(whole, skipped), end):
            samples[frame - skipped] = finished[frame - whole]


def _partial_fractions(stages: NDArray[np.float64]) -> tuple[list[float], list[float]]:
    """Poles and residues of a running sum with stages after it."""
    poles = [1.0]
    zeros = [1.0]  # polynomial in z^-1, lowest power first
    for b0, b1, a in stages.tolist():
        if (b0, b1, a) == (1.0, 0.0, 0.0):
            continue
        if b1 == -b0 and poles[0] == 1.0:
            poles[0] = a
            factor = [b0]
        else:
            poles.append(a)
            factor = [b0, b1]
        product = [0.0] * (len(zeros) + len(factor) - 1)
        for i, left in enumerate(zeros):
            for j, right in enumerate(factor):
                product[i + j] += left * right
        zeros = product
    zeros += [0.0] * (len(poles) - len(zeros))
    residues = []
    for pole in poles:
        residue = 0.0
        for coefficient in zeros:
            residue = residue * pole + coefficient
        for other in poles:
            if other != pole:
                residue /= pole - other
        residues.append(residue)
    return poles, residues


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
