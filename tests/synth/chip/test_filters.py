"""The output stage follows the analogue response."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.chip.filters import (
    CONSOLE_FILTERS,
    design_filter,
)
from synth.chip.hardware import NTSC
from tests.chip_logs import (
    pulse_tone,
)
from tests.synth.chip.sound_checks import amplitude_of, sound


def filter_response(
    stages: NDArray[np.float64], frequency_hz: NDArray[np.float64], rate_hz: int
) -> NDArray[np.complex128]:
    """Return the complex gain of filter stages at frequencies in Hz, same shape."""
    z1 = np.exp(-2j * np.pi * np.asarray(frequency_hz) / rate_hz)
    gain: NDArray[np.complex128] = np.ones_like(z1)
    for b0, b1, a in stages:
        gain *= (b0 + b1 * z1) / (1.0 - a * z1)
    return gain


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("console_filter", [*CONSOLE_FILTERS])
def test_filters_follow_the_analogue_response(console_filter: str, rate_hz: int) -> None:
    """Each stage is at -3.01 dB at its corner; all together are right within hearing."""
    stages = design_filter(console_filter, rate_hz)
    hz = np.linspace(1.0, min(20_000.0, 0.49 * rate_hz), 500)
    expected = np.ones(hz.size)
    for stage, (kind, corner_hz) in enumerate(CONSOLE_FILTERS[console_filter]):
        if corner_hz < rate_hz / 2:
            gain = filter_response(stages[stage : stage + 1], np.array([corner_hz]), rate_hz)
            assert 20 * math.log10(abs(gain[0])) == pytest.approx(-3.0103, abs=0.1)
            if corner_hz <= 0.4 * rate_hz:
                assert 20 * math.log10(abs(gain[0])) == pytest.approx(-3.0103, abs=1e-3)
        ratio = corner_hz / hz if kind == "highpass" else hz / corner_hz
        expected /= np.sqrt(1.0 + ratio**2)
    measured = np.abs(filter_response(stages, hz, rate_hz))
    np.testing.assert_allclose(20 * np.log10(measured / expected), 0.0, atol=0.25)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
@pytest.mark.parametrize(("timer", "harmonic"), [(1242, 1), (253, 1), (253, 31), (8, 1), (1242, 9)])
def test_nes_output_stage_measured_from_audio(timer: int, harmonic: int, rate_hz: int) -> None:
    """With and without the output stage, harmonics differ by the analogue response.

    They lie at 90 Hz, 440 Hz, 13.7 and 12.4 kHz, and at 810 Hz.
    """
    hz = harmonic * NTSC.clock_hz / (16 * (timer + 1))
    filtered = sound(pulse_tone(timer), 3.0, rate_hz=rate_hz, console_filter="nes")[44_100:]
    plain = sound(pulse_tone(timer), 3.0, rate_hz=rate_hz)[44_100:]
    ratio = amplitude_of(filtered, hz, rate_hz) / amplitude_of(plain, hz, rate_hz)
    expected = 1 / math.hypot(1, 90 / hz) / math.hypot(1, 440 / hz) / math.hypot(1, hz / 14_000)
    assert 20 * math.log10(ratio / expected) == pytest.approx(0, abs=0.1)
