"""What is heard: pitch, timbre, loudness, aliasing and the output stage, measured from samples."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.chip.audio_stream import render
from synth.chip.filters import (
    CONSOLE_FILTERS,
    design_filter,
    finish_frames,
    parallel_form,
    settled_states,
)
from synth.chip.hardware import NTSC, PAL, Region
from synth.chip.lanes import LANES
from synth.chip.mixer import mix_pulses, mix_rest
from tests.chip_logs import (
    Write,
    log_of,
    noise_tone,
    pulse_tone,
    spectrum_db,
    triangle_tone,
)

RATE_HZ = 44_100


def filter_response(
    stages: NDArray[np.float64], frequency_hz: NDArray[np.float64], rate_hz: int
) -> NDArray[np.complex128]:
    """Return the complex gain of filter stages at frequencies in Hz, same shape."""
    z1 = np.exp(-2j * np.pi * np.asarray(frequency_hz) / rate_hz)
    gain: NDArray[np.complex128] = np.ones_like(z1)
    for b0, b1, a in stages:
        gain *= (b0 + b1 * z1) / (1.0 - a * z1)
    return gain


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


def measure_hz(samples: NDArray[np.float64], near_hz: float, rate_hz: int) -> float:
    """Frequency of the component near `near_hz`, from how its phase moves over the samples."""
    half = samples.size // 2
    window = np.kaiser(half, 14.0)
    carrier = np.exp(-2j * np.pi * near_hz / rate_hz * np.arange(samples.size))
    early = np.sum(window * (samples * carrier)[:half])
    late = np.sum(window * (samples * carrier)[half : 2 * half])
    return near_hz + float(np.angle(late / early)) / (2 * np.pi) * rate_hz / half


def amplitude_of(samples: NDArray[np.float64], hz: float, rate_hz: int = RATE_HZ) -> float:
    """Amplitude of the sine at exactly `hz`."""
    window = np.kaiser(samples.size, 14.0)
    carrier = np.exp(-2j * np.pi * hz / rate_hz * np.arange(samples.size))
    return 2.0 * float(np.abs(np.sum(window * samples * carrier)) / window.sum())


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


def alias_db(writes: list[Write], hz: float) -> float:
    """Strongest component that is no harmonic, in dB to the strongest that is."""
    samples = sound(writes, 3.2)[4096 : 4096 + (1 << 17)]
    level = spectrum_db(samples.astype(np.float32))
    bins_hz = np.arange(level.size) * RATE_HZ / (1 << 17)
    off = np.abs(bins_hz - hz * np.rint(bins_hz / hz))
    width_hz = 8 * RATE_HZ / (1 << 17)
    return float(level[(off > width_hz) & (bins_hz > 30)].max())


def test_440_hz_pulse_does_not_alias() -> None:
    """The alias floor of a 440 Hz pulse is below -90 dB at 44.1 kHz."""
    timer = round(NTSC.clock_hz / (16 * 440.0) - 1)
    assert alias_db(pulse_tone(timer), NTSC.clock_hz / (16 * (timer + 1))) <= -90


@pytest.mark.parametrize("midi", [*range(36, 97, 5)])
def test_no_tone_aliases(midi: int) -> None:
    """Thirteen 25 % pulses over five octaves: below -90 dB up to half of 44.1 kHz."""
    timer = round(NTSC.clock_hz / (16 * 440.0 * 2 ** ((midi - 69) / 12)) - 1)
    assert alias_db(pulse_tone(timer, 1), NTSC.clock_hz / (16 * (timer + 1))) <= -90


def test_triangle_does_not_alias() -> None:
    """The triangle's staircase at 440 Hz as well."""
    assert alias_db(triangle_tone(126), NTSC.clock_hz / (32 * 127)) <= -90


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


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("console_filter", [*CONSOLE_FILTERS])
def test_groups_of_frames_filter_like_one_stage_after_the_other(
    console_filter: str, rate_hz: int
) -> None:
    """The parallel form is the running sum and the stages, frame by frame, to a sample's grid."""
    rng = np.random.default_rng(3)
    groups = 500
    differences = rng.normal(0.0, 0.05, groups * LANES)
    stages = design_filter(console_filter, rate_hz)
    expected = np.cumsum(differences) + 0.3
    last = 0.3
    for b0, b1, a in stages:
        filtered = np.empty_like(expected)
        y = last * (b0 + b1) / (1.0 - a)
        before = last
        last = y
        for n, x in enumerate(expected):
            y = b0 * x + b1 * before + a * y
            before = x
            filtered[n] = y
        expected = filtered
    samples = np.empty(differences.size, dtype=np.float32)
    states = settled_states(stages, 0.3)
    scratch = np.empty_like(samples)
    finish_frames(differences, 0, samples.size, parallel_form(stages), states, scratch, samples)
    scale = max(float(np.abs(expected).max()), 1.0)
    np.testing.assert_allclose(samples, expected, atol=2.0**-23 * scale)


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


@pytest.mark.parametrize("console_filter", [*CONSOLE_FILTERS])
def test_power_up_is_silent(console_filter: str) -> None:
    """With nothing written the output does not move: the filters start settled."""
    samples = sound([], 0.5, console_filter=console_filter)
    expected = float(mix_rest(15, 0, 0)) if console_filter == "none" else 0.0
    np.testing.assert_allclose(samples, expected, atol=2**-23)


def test_loudest_mix_is_within_full_scale() -> None:
    """All channels at their loudest stay within 1, but for the ripple of the largest edge."""
    writes = [
        *pulse_tone(253, 2), *pulse_tone(168, 2, channel=1), *noise_tone(4), *triangle_tone(126),
        (0, 0x4015, 15), (0, 0x4003, 0), (0, 0x4006, 0xA8), (0, 0x4007, 0), (0, 0x400B, 0),
        (0, 0x400F, 0), (1, 0x4011, 127),
    ]  # fmt: skip
    for console_filter in CONSOLE_FILTERS:
        assert np.abs(sound(writes, 1.0, console_filter=console_filter)).max() <= 1.05


def test_step_is_heard_where_it_is_written() -> None:
    """A step at t seconds passes half its height at frame t times rate, at every rate."""
    for rate_hz in (8_000, 22_050, 44_100, 96_000, 192_000):
        cycle = NTSC.clock_hz // 4 + 123
        samples = sound([(cycle, 0x4011, 100)], 0.5, rate_hz=rate_hz)
        low, high = float(mix_rest(15, 0, 0)), float(mix_rest(15, 0, 100))
        share = (samples - low) / (high - low)
        place = cycle * rate_hz / NTSC.clock_hz
        frame = int(place)
        fraction = (0.5 - share[frame]) / (share[frame + 1] - share[frame])
        assert frame + fraction == pytest.approx(place, abs=0.05)
        assert np.allclose(share[: frame - 16], 0.0, atol=1e-5)
        assert np.allclose(share[frame + 17 :], 1.0, atol=1e-5)
