"""Measures what a renderer adds to a tone that is not in it: the strongest alias of 13 pulses."""

import ctypes
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.gme import play_nsf
from synth.chip.hardware import NTSC
from synth.chip.register_log import RegisterLog
from synth.chip.render_log import render
from synth.formats.nsf_write import write_nsf

RATE_HZ: Final = 44_100
TONES: Final = tuple(range(36, 97, 5))
"""MIDI notes: five octaves, no two of them alike in their relation to the sample rate."""

SECONDS: Final = 2.5
DUTY: Final = 1  # 25 %, which has harmonics of nearly every number
_SETTLED: Final = RATE_HZ // 4
_WINDOW_BETA: Final = 22.0  # leaks less than -150 dB, beyond `_WIDTH_BINS`
_WIDTH_BINS: Final = 16
_DUTY_STEPS: Final = np.array([0, 1, 1, 0, 0, 0, 0, 0])  # NESdev wiki: APU Pulse

Renderer = Callable[[RegisterLog, int], NDArray[np.float64]]
"""Turns a tone's log, of the given timer, into samples at 44.1 kHz."""


def worst_alias_db(renderer: Renderer) -> float:
    """Return the strongest alias of all tones, in dB to the strongest partial of its tone."""
    return max(alias_db(renderer, timer) for timer in map(_timer, TONES))


def alias_db(renderer: Renderer, timer: int) -> float:
    """Return the strongest component of a tone that is none of its harmonics, up to 22.05 kHz."""
    samples = renderer(_tone(timer), timer)[_SETTLED:]
    samples = (samples - samples.mean()) * np.kaiser(samples.size, _WINDOW_BETA)
    magnitude = np.abs(np.fft.rfft(samples))
    bin_hz = RATE_HZ / samples.size
    hz = _fundamental_hz(magnitude, bin_hz, NTSC.clock_hz / (16 * (timer + 1)))
    bins = np.arange(magnitude.size)
    nearest = np.rint(bins * bin_hz / hz) * hz / bin_hz
    alias = np.abs(bins - nearest) > _WIDTH_BINS
    return float(20.0 * np.log10(magnitude[alias].max() / magnitude.max()))


def chipgen_tone(log: RegisterLog, _timer: int) -> NDArray[np.float64]:
    """Render a tone with our chip, without an output stage."""
    return render(log, RATE_HZ, "none")[:, 0].astype(np.float64)


def point_sampled_tone(_log: RegisterLog, timer: int) -> NDArray[np.float64]:
    """Take the pulse's level at the moment of each sample, as scipy.signal.square does."""
    cycle = np.arange(round(SECONDS * RATE_HZ)) * (NTSC.clock_hz / RATE_HZ)
    step = (cycle // (2 * (timer + 1))).astype(np.int64) % 8
    return _DUTY_STEPS[step].astype(np.float64)


def gme_tone(gme: ctypes.CDLL) -> Renderer:
    """Return what plays a tone as an NSF through libgme."""

    def renderer(log: RegisterLog, _timer: int) -> NDArray[np.float64]:
        data, _ = write_nsf(log)
        return play_nsf(gme, data, SECONDS, RATE_HZ, "pulse1").astype(np.float64)

    return renderer


def _timer(midi: int) -> int:
    return round(NTSC.clock_hz / (16 * 440.0 * 2 ** ((midi - 69) / 12)) - 1)


def _tone(timer: int) -> RegisterLog:
    writes = (
        (0x4015, 1), (0x4000, DUTY << 6 | 0x3F), (0x4001, 8), (0x4002, timer & 255),
        (0x4003, timer >> 8),
    )  # fmt: skip
    cycles = np.arange(len(writes)) * 8
    addresses, values = zip(*writes, strict=True)
    return RegisterLog(
        cycles, np.array(addresses), np.array(values), round(SECONDS * NTSC.clock_hz)
    )


def _fundamental_hz(magnitude: NDArray[np.float64], bin_hz: float, near_hz: float) -> float:
    """Return the tone's own pitch from its highest strong harmonic: players are a little off."""
    count = int(0.45 * RATE_HZ / near_hz)
    hz = near_hz
    for harmonic in range(1, count + 1):
        if harmonic % 4 == 0:  # a 25 % pulse has none of these
            continue
        middle = round(harmonic * hz / bin_hz)
        around = magnitude[middle - 6 : middle + 7]
        top = int(around.argmax())
        if not 0 < top < around.size - 1:
            continue
        low, peak, high = np.log(around[top - 1 : top + 2])
        shift = 0.5 * (low - high) / (low - 2 * peak + high)
        hz = (middle - 6 + top + shift) * bin_hz / harmonic
    return hz
