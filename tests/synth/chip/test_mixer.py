"""What is heard: pitch, timbre, loudness, aliasing and the output stage, measured from samples."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.chip.filters import (
    CONSOLE_FILTERS,
)
from synth.chip.hardware import NTSC
from synth.chip.mixer import mix_pulses, mix_rest
from synth.chip.render_log import render
from tests.chip_logs import (
    log_of,
    noise_tone,
    pulse_tone,
    triangle_tone,
)
from tests.synth.chip.sound_checks import RATE_HZ, amplitude_of, sound


@pytest.mark.parametrize("outputs", ["mix", "isolated", "apu"])
def test_held_levels_are_the_mixer_formula(outputs: str) -> None:
    """DMC level and triangle held, both pulses high: the sample between edges is the formula."""
    writes = [
        *pulse_tone(2047, 3, 13, 0),
        *pulse_tone(2047, 3, 6, 1),
        (0, 0x4015, 3),
        (0, 0x4003, 7),
        (0, 0x4011, 77),
    ]
    log = log_of(writes, 60_000)
    samples = render(log, RATE_HZ, "none", outputs)
    # From step 3 of the sequence to step 0 of the next: cycles 2 + 4096 * 2 to 2 + 4096 * 8.
    frame = round(20_000 * RATE_HZ / NTSC.clock_hz)
    alone = [
        mix_pulses(13, 0), mix_pulses(0, 6), mix_rest(15, 0, 0), mix_rest(0, 0, 0),
        mix_rest(0, 0, 77),
    ]  # fmt: skip
    total = mix_pulses(13, 6) + mix_rest(15, 0, 77)
    added = [
        mix_pulses(13, 0), mix_pulses(13, 6) - mix_pulses(13, 0), mix_rest(15, 0, 0), 0.0,
        mix_rest(15, 0, 77) - mix_rest(15, 0, 0),
    ]  # fmt: skip
    expected = {"mix": [total], "isolated": alone, "apu": added}[outputs]
    np.testing.assert_allclose(samples[frame], np.array(expected, dtype=float), atol=2**-23)


def test_mixer_formula() -> None:
    """Figures worked by hand from the formulas; together the halves reach 1."""
    assert float(mix_pulses(0, 0)) == 0.0
    assert float(mix_rest(0, 0, 0)) == 0.0
    assert float(mix_pulses(15, 0)) == pytest.approx(0.149377, abs=5e-7)
    assert float(mix_pulses(15, 15)) == pytest.approx(0.258483, abs=5e-7)
    assert float(mix_rest(15, 0, 0)) == pytest.approx(0.246412, abs=5e-7)
    assert float(mix_pulses(15, 15) + mix_rest(15, 15, 127)) == pytest.approx(1.0, abs=1e-5)


def nulling_4011(tone_levels: NDArray[np.int64], *, pulse: bool) -> NDArray[np.int64]:
    """DMC level that holds the mix nearest to a constant, for each level of a tone.

    For a pulse the starting level is searched so that the step fits best.
    """
    dmc = np.arange(128)
    if pulse:
        height = float(mix_pulses(int(tone_levels.max()), 0))
        rest = mix_rest(15, 0, dmc)
        miss = np.abs(rest[:, None] - rest[None, :] - height)
        high, low = np.unravel_index(np.argmin(miss), miss.shape)
        return np.where(tone_levels > 0, low, high)
    target = float(mix_rest(0, 0, 64))
    sums = mix_rest(tone_levels[:, None], 0, dmc[None, :])
    return np.argmin(np.abs(sums - target), axis=1)


@pytest.mark.parametrize("volume", [15, 11, 8])
def test_mixer_null_with_a_pulse(volume: int) -> None:
    """A pulse cancelled by $4011 at its very edges leaves 60 dB less than itself."""
    timer = 253
    period = 16 * (timer + 1)
    tone = pulse_tone(timer, 2, volume)
    high_level, low_level = nulling_4011(np.array([0, volume]), pulse=True)
    writes = list(tone)
    for start in range(0, NTSC.clock_hz - period, period):
        # Duty 2 rises with step 1 and falls with step 5.
        writes.append((start + 2, 0x4011, int(low_level)))
        writes.append((start + 2 + 8 * (timer + 1), 0x4011, int(high_level)))
    heard = sound(tone, 1.0)[4000:-100]
    left = sound([(0, 0x4011, int(high_level)), *writes], 1.0)[4000:-100]
    ratio = np.std(left) / np.std(heard)
    formula = abs(
        float(mix_pulses(volume, 0) + mix_rest(15, 0, low_level) - mix_rest(15, 0, high_level))
    ) / float(mix_pulses(volume, 0))
    assert 20 * math.log10(ratio) <= -60
    assert ratio == pytest.approx(formula, rel=0.02, abs=1e-6)


def test_mixer_null_with_the_triangle() -> None:
    """What $4011's coarse steps leave of a triangle is what the formula says, 60 dB down to it."""
    timer = 254
    ramp = np.array([*range(15, -1, -1), *range(16)])
    dmc = nulling_4011(ramp, pulse=False)
    writes = triangle_tone(timer)
    for step in range(1, NTSC.clock_hz // (timer + 1)):
        cycle = 1 + (step - 1) * (timer + 1)
        writes.append((cycle, 0x4011, int(dmc[step % 32])))
    heard = sound(triangle_tone(timer), 1.0)[4000:-100]
    left = sound(writes, 1.0)[4000:-100]
    # The formula's own remainder, as the same harmonics of the same 32 steps.
    hz = NTSC.clock_hz / (32 * (timer + 1))
    remainder = mix_rest(ramp, 0, dmc)
    assert 20 * math.log10(np.std(left) / np.std(heard)) < -33
    unexplained = 0.0
    for k in range(1, int(10_000 / hz)):
        series = np.sum(remainder * np.exp(-2j * np.pi * k * np.arange(32) / 32)) / 32
        expected = 2 * abs(series) * abs(np.sinc(k / 32))
        unexplained += (amplitude_of(left, k * hz) - expected) ** 2 / 2
    assert 10 * math.log10(unexplained / np.var(heard)) <= -60


def test_mixer_null_residual_is_the_formula_between_steps() -> None:
    """Slowed down until each level is held, the nulled triangle is the formula to -100 dB."""
    timer = 2047
    ramp = np.array([*range(15, -1, -1), *range(16)])
    dmc = nulling_4011(ramp, pulse=False)
    writes = triangle_tone(timer)
    for step in range(1, 64):
        writes.append((1 + (step - 1) * 2048, 0x4011, int(dmc[step % 32])))
    samples = sound(writes, 63 * 2048 / NTSC.clock_hz)
    for step in range(1, 62):
        middle = round((1 + (step - 0.5) * 2048) * RATE_HZ / NTSC.clock_hz)
        expected = float(mix_rest(ramp[step % 32], 0, dmc[step % 32]))
        assert abs(samples[middle] - expected) < 1e-5 * 0.2465


def test_loudest_mix_is_within_full_scale() -> None:
    """All channels at their loudest stay within 1, but for the ripple of the largest edge."""
    writes = [
        *pulse_tone(253, 2), *pulse_tone(168, 2, channel=1), *noise_tone(4), *triangle_tone(126),
        (0, 0x4015, 15), (0, 0x4003, 0), (0, 0x4006, 0xA8), (0, 0x4007, 0), (0, 0x400B, 0),
        (0, 0x400F, 0), (1, 0x4011, 127),
    ]  # fmt: skip
    for console_filter in CONSOLE_FILTERS:
        assert np.abs(sound(writes, 1.0, console_filter=console_filter)).max() <= 1.05
