"""Turns steps at CPU cycles into samples without aliasing.

A step that is low-passed below half the sample rate is the integral of a low-pass filter's impulse
response. Each step of the mixer's amplitude adds the differences of that integral, sampled at the
step's place between the frames, to a buffer whose running sum is the signal.

The sums are exact: heights lie on a grid of 2^-27 and taps on one of 2^-24, so no product and no
sum of float64 rounds. The order of additions therefore cannot matter, the running sum cannot drift,
and no cutting into blocks can be heard or measured.
"""

from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.apu import FAR
from synth.chip.mixer import AMPLITUDE_GRID
from synth.chip.vector_loops import TAPS, add_two_rows
from synth.kernels import compiled

PHASES: Final = 512

# The impulse response is designed by frequency sampling: a sum of cosines, 1/64 of the sample rate
# apart, under a Kaiser window that is lowered to 0 at its ends. PASS_SAMPLES of them have amplitude
# 1. The rest, towards half the sample rate, were searched for the flattest response up to 19 kHz at
# 44.1 kHz whose aliases of the 13 tones of `benchmarks.aliasing` stay below -100 dB.
PASS_SAMPLES: Final = 24
TRANSITION_SAMPLES: Final = (0.6122, 1.6457, 0.9169, 1.0015)
SAMPLES_PER_RATE: Final = 64
KAISER_BETA: Final = 7.0843

TAP_GRID: Final = 2.0**-24

# A step at a frame's very time is heard half before it, so samples need to know what comes this
# many frames later.
LATENCY_FRAMES: Final = TAPS // 2 - 1

# Adding and taking away this rounds a float64 to a multiple of AMPLITUDE_GRID.
_ROUNDING: Final = 1.5 * 2.0**52 * AMPLITUDE_GRID


@cache
def step_kernel() -> NDArray[np.float64]:
    """Differences of the band-limited step, by its place between two frames.

    Returns
    -------
    ndarray
        Shape (PHASES + 1, TAPS), float64, each row summing to exactly 1. Row p belongs to a step
        p / PHASES of a frame late; column k to the frame k - LATENCY_FRAMES after the step's.
    """
    fine = 2  # points of the integral between two phases
    half = TAPS // 2
    t = np.arange(-half * PHASES * fine, half * PHASES * fine + 1) / (PHASES * fine)
    window = np.i0(KAISER_BETA * np.sqrt(np.maximum(1.0 - (t / half) ** 2, 0.0))) - 1.0
    angle = 2.0 * np.pi / SAMPLES_PER_RATE * t
    width = 2 * PASS_SAMPLES - 1  # of the samples of amplitude 1, at negative frequencies too
    impulse = width * np.sinc(width / SAMPLES_PER_RATE * t) / np.sinc(t / SAMPLES_PER_RATE)
    for k, amplitude in enumerate(TRANSITION_SAMPLES, start=PASS_SAMPLES):
        impulse += 2.0 * amplitude * np.cos(k * angle)
    impulse *= window
    # Simpson's rule from phase to phase, cumulated.
    step = np.concatenate(
        ([0.0], np.cumsum(impulse[:-2:2] + 4.0 * impulse[1:-1:2] + impulse[2::2]))
    )
    step /= step[-1]
    # Phase p's step, seen from frame n after it, is at n - p / PHASES.
    frames = np.arange(-half, half + 1) * PHASES + half * PHASES
    places = np.clip(frames[None, :] - np.arange(PHASES + 1)[:, None], 0, None)
    reached = step[places]
    reached[:, -1] = 1.0
    taps: NDArray[np.float64] = np.rint(np.diff(reached, axis=1) / TAP_GRID) * TAP_GRID
    taps[:, half - 1] += 1.0 - taps.sum(axis=1)
    taps.setflags(write=False)
    return taps


@compiled
def add_steps(
    cycles_a: Any, levels_a: Any, count_a: int,
    cycles_b: Any, levels_b: Any, count_b: int,
    amplitudes: Any, rate_hz: int, clock_hz: int, first_frame: int, kernel: Any, differences: Any,
) -> None:  # fmt: skip
    """Mix two channels' steps in the order of time, and add their differences to a buffer.

    Parameters
    ----------
    cycles_a, levels_a, count_a, cycles_b, levels_b, count_b
        The steps: CPU cycles and levels in their places of the packed level; entry 0 is the level
        before the first step. There must be room for one entry more.
    amplitudes
        Amplitude of each packed level.
    rate_hz, clock_hz
        Frames and CPU cycles a second.
    first_frame
        Frame that ``differences[0]`` belongs to, LATENCY_FRAMES before any step.
    kernel
        `step_kernel()`, which float32 holds exactly.
    differences
        Buffer to add to, float64, shape (n,).
    """
    origin = (first_frame + LATENCY_FRAMES) * clock_hz
    frames_per_place = 1.0 / clock_hz
    phases_per_place = PHASES / clock_hz
    cycles_a[count_a] = FAR
    cycles_b[count_b] = FAR
    level_a = levels_a[0]
    level_b = levels_b[0]
    amplitude = amplitudes[np.uint64(level_a | level_b)]
    a = np.uint64(1)
    b = np.uint64(1)
    for _ in range(count_a + count_b - 2):
        # All is loaded and then chosen from: no branch can foretell which channel is next.
        cycle_a = cycles_a[a]
        cycle_b = cycles_b[b]
        next_a = levels_a[a]
        next_b = levels_b[b]
        a_first = cycle_a <= cycle_b
        cycle = cycle_a if a_first else cycle_b
        level_a = next_a if a_first else level_a
        level_b = level_b if a_first else next_b
        a += np.uint64(a_first)
        b += np.uint64(not a_first)
        before = amplitude
        amplitude = amplitudes[np.uint64(level_a | level_b)]
        height = amplitude - before
        if height == 0.0:
            continue
        place = cycle * rate_hz - origin
        frame = np.int64(place * frames_per_place)  # right, or one off: mended in integers
        remainder = place - frame * clock_hz
        if remainder < 0:
            frame -= 1
            remainder += clock_hz
        elif remainder >= clock_hz:
            frame += 1
            remainder -= clock_hz
        phase = remainder * phases_per_place
        row = np.int64(phase)
        late = height * (phase - row)
        late = (late + _ROUNDING) - _ROUNDING
        early = height - late
        add_two_rows(differences, frame, kernel, row, early, late)
