"""No tone aliases, and a step is heard where it is written."""

import numpy as np
import pytest

from synth.chip.bandlimit import PHASES, step_kernel
from synth.chip.hardware import NTSC
from synth.chip.mixer import mix_rest
from tests.chip_logs import (
    Write,
    pulse_tone,
    spectrum_db,
    triangle_tone,
)
from tests.synth.chip.sound_checks import RATE_HZ, sound


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


@pytest.mark.parametrize(
    ("hz", "lowest_db", "highest_db"),
    [
        *((hz, -0.15, 0.15) for hz in (100, 1_000, 5_000, 10_000, 14_000, 16_000, 17_000)),
        (18_000, -1.5, -1.3), *((hz, -200.0, -73.0) for hz in (22_050, 24_000, 44_100, 100_000)),
    ],
)  # fmt: skip
def test_pass_band_is_flat(hz: float, lowest_db: float, highest_db: float) -> None:
    """Within 0.15 dB up to 17 kHz at 44.1 kHz; what would fold back is 73 dB down."""
    step = np.cumsum(step_kernel()[:-1], axis=1)[::-1].T.ravel()  # in the order of time
    impulse = np.diff(step, prepend=0.0)
    frame = np.arange(impulse.size) / PHASES
    response = np.abs(np.sum(impulse * np.exp(-2j * np.pi * hz / RATE_HZ * frame)))
    assert lowest_db <= 20 * np.log10(response) <= highest_db


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
