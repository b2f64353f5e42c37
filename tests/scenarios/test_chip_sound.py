"""What the chip sounds like, measured from samples: pitch, harmonics and silence."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.chip.filters import (
    CONSOLE_FILTERS,
)
from synth.chip.hardware import NTSC, PAL, Region
from synth.chip.mixer import mix_pulses, mix_rest
from tests.chip_logs import (
    pulse_tone,
    triangle_tone,
)
from tests.synth.chip.sound_checks import amplitude_of, sound


def measure_hz(samples: NDArray[np.float64], near_hz: float, rate_hz: int) -> float:
    """Frequency of the component near `near_hz`, from how its phase moves over the samples."""
    half = samples.size // 2
    window = np.kaiser(half, 14.0)
    carrier = np.exp(-2j * np.pi * near_hz / rate_hz * np.arange(samples.size))
    early = np.sum(window * (samples * carrier)[:half])
    late = np.sum(window * (samples * carrier)[half : 2 * half])
    return near_hz + float(np.angle(late / early)) / (2 * np.pi) * rate_hz / half


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("region", [NTSC, PAL], ids=["ntsc", "pal"])
@pytest.mark.parametrize("timer", [2047, 1016, 253, 126, 31])
def test_pitch_is_the_clock_divided(timer: int, region: Region, rate_hz: int) -> None:
    """Pulse clock / (16 (t + 1)), triangle an octave lower, to 0.1 cent at any rate."""
    for tone, divisor in ((pulse_tone(timer), 16), (triangle_tone(timer), 32)):
        hz = region.clock_hz / (divisor * (timer + 1))
        samples = sound(tone, 1.5, rate_hz=rate_hz, region=region)
        measured = measure_hz(samples, hz, rate_hz)
        assert abs(1200 * math.log2(measured / hz)) < 0.1


@pytest.mark.parametrize(("duty", "share"), [(0, 1 / 8), (1, 1 / 4), (2, 1 / 2), (3, 3 / 4)])
def test_duties_have_the_harmonics_of_their_width(duty: int, share: float) -> None:
    """Harmonic k of a pulse of width d has the amplitude 2 h |sin(pi k d)| / (pi k)."""
    hz = NTSC.clock_hz / (16 * 254)
    samples = sound(pulse_tone(253, duty, 12), 2.0)[1000:]
    height = float(mix_pulses(12, 0))
    for k in range(1, 25):
        expected = 2 * height * abs(math.sin(math.pi * k * share)) / (math.pi * k)
        assert amplitude_of(samples, k * hz) == pytest.approx(expected, rel=2e-3, abs=1e-6)


def test_triangle_has_the_harmonics_of_its_staircase() -> None:
    """The exact series of the 32 steps, mixed by the formula, up to 10 kHz."""
    hz = NTSC.clock_hz / (32 * 255)
    samples = sound(triangle_tone(254), 2.0)[1000:]
    levels = np.array([*range(15, -1, -1), *range(16)])
    steps = mix_rest(levels, 0, 0)
    for k in range(1, int(10_000 / hz)):
        series = np.sum(steps * np.exp(-2j * np.pi * k * np.arange(32) / 32)) / 32
        expected = 2 * abs(series) * abs(np.sinc(k / 32))
        assert amplitude_of(samples, k * hz) == pytest.approx(expected, rel=2e-3, abs=1e-6)


@pytest.mark.parametrize("console_filter", [*CONSOLE_FILTERS])
def test_power_up_is_silent(console_filter: str) -> None:
    """With nothing written the output does not move: the filters start settled."""
    samples = sound([], 0.5, console_filter=console_filter)
    expected = float(mix_rest(15, 0, 0)) if console_filter == "none" else 0.0
    np.testing.assert_allclose(samples, expected, atol=2**-23)
