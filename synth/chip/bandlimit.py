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
from synth.chip.vector_loops import ROW, TAPS, VECTOR_LENGTH, add_rows, aligned_empty
from synth.kernels import compiled

PHASES: Final = 512

STEPS_AT_ONCE: Final = 256  # whose places and heights lie in the fastest cache

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

# Whole places between two frames are a clock's, 1.8 million; rounding errors are far smaller.
_LESS_THAN_A_PLACE: Final = 2.0**-30

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


@cache
def kernel_rows() -> NDArray[np.float32]:
    """Lay `step_kernel` out for `add_rows`; its taps are few bits, which float32 has exactly.

    Returns
    -------
    ndarray
        Shape (PHASES + 2, ROW), float32: zeros before each row's taps and after the last's.
    """
    rows = aligned_empty((PHASES + 2, ROW), np.float32)
    rows[:] = 0.0
    rows[: PHASES + 1, VECTOR_LENGTH:] = step_kernel()
    return rows


@compiled
def add_steps(
    cycles_a: Any, levels_a: Any, count_a: int,
    cycles_b: Any, levels_b: Any, count_b: int,
    amplitudes: Any, rate_hz: int, clock_hz: int, first_frame: int, kernel: Any,
    places: Any, heights: Any, differences: Any,
) -> None:  # fmt: skip
    """Mix two channels' steps in the order of time, and add their differences to a buffer.

    Parameters
    ----------
    cycles_a, levels_a, count_a, cycles_b, levels_b, count_b
        The steps: CPU cycles and levels in their places of the packed level; entry 0 is the level
        before the first step. There must be room for three entries more.
    amplitudes
        Amplitude of each packed level.
    rate_hz, clock_hz
        Frames and CPU cycles a second.
    first_frame
        Frame that ``differences[0]`` belongs to, LATENCY_FRAMES before any step.
    kernel
        `kernel_rows()`.
    places, heights
        Scratch, int32, shape (3, STEPS_AT_ONCE), and float64, shape (2, STEPS_AT_ONCE).
    differences
        Buffer to add to, float64, shape (n,).
    """
    first_cycle = first_frame * clock_hz // rate_hz
    origin = first_cycle * rate_hz - (first_frame + LATENCY_FRAMES) * clock_hz
    cycles_a[count_a] = FAR
    cycles_b[count_b] = FAR
    level_a = levels_a[0]
    level_b = levels_b[0]
    word = np.uint64(level_a | level_b)
    words = amplitudes.view(np.int64)  # whole numbers are compared sooner
    amplitude, amplitude_word = amplitudes[word], words[word]
    one, two = np.uint64(1), np.uint64(2)
    a = b = one
    # The cycles of the next two steps of each channel. All is loaded ahead and then chosen from: no
    # branch can foretell which channel is next, and a choice that waits for a load takes long.
    cycle_a, after_a = cycles_a[a], cycles_a[a + one]
    cycle_b, after_b = cycles_b[b], cycles_b[b + one]
    left = count_a + count_b - 2
    while left > 0:
        n = np.uint64(0)
        for _ in range(min(left, STEPS_AT_ONCE)):
            third_a, next_a = cycles_a[a + two], levels_a[a]
            third_b, next_b = cycles_b[b + two], levels_b[b]
            a_first = cycle_a <= cycle_b
            places[0, n] = (cycle_a if a_first else cycle_b) - first_cycle
            level_a = next_a if a_first else level_a
            level_b = level_b if a_first else next_b
            cycle_a = after_a if a_first else cycle_a
            cycle_b = cycle_b if a_first else after_b
            after_a = third_a if a_first else after_a
            after_b = after_b if a_first else third_b
            a += np.uint64(a_first)
            b += np.uint64(not a_first)
            before, word_before = amplitude, amplitude_word
            word = np.uint64(level_a | level_b)
            amplitude, amplitude_word = amplitudes[word], words[word]
            heights[0, n] = amplitude - before
            n += np.uint64(amplitude_word != word_before)
        left -= STEPS_AT_ONCE
        _place_steps(n, origin, rate_hz, clock_hz, places, heights)
        add_rows(differences, places[1], kernel, places[2], heights[0], heights[1], np.int64(n))


@compiled
def _place_steps(
    count: int, origin: int, rate_hz: int, clock_hz: int, places: Any, heights: Any
) -> None:
    """Find the frame and the phase of steps, and part their heights between two phases.

    All numbers are whole until the phase, and float64 holds them exactly: so the compiler can use
    vectors on every processor.
    """
    first, rate, clock = float(origin), float(rate_hz), float(clock_hz)
    frames_per_place = 1.0 / clock
    phases_per_place = PHASES / clock
    for step in range(count):
        place = places[0, step] * rate + first
        # No place is nearer to the next frame than one part of a clock, or 2^-21 of a frame.
        frame = np.int32(place * frames_per_place + _LESS_THAN_A_PLACE)
        phase = (place - frame * clock) * phases_per_place
        row = np.int32(phase)
        late = heights[0, step] * (phase - row)
        late = (late + _ROUNDING) - _ROUNDING
        heights[1, step] = late
        heights[0, step] -= late
        skipped = frame & (VECTOR_LENGTH - 1)
        places[1, step] = frame - skipped
        places[2, step] = row * ROW + VECTOR_LENGTH - skipped
