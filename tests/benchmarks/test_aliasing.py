"""The benchmarks measure what they say: aliases, lengths, whole processes, live blocks."""

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.aliasing import alias_db, chipgen_tone, gme_tone, point_sampled_tone
from benchmarks.gme import open_gme
from synth.chip.register_log import RegisterLog

TIMER = 253


def test_an_alias_of_known_strength_is_measured() -> None:
    """A component of -60 dB beside the tone's harmonics is told as -60 dB; alone it is < -90."""

    def spoilt(log: RegisterLog, timer: int) -> NDArray[np.float64]:
        samples = chipgen_tone(log, timer)
        tone = samples - samples.mean()
        strongest = 2 * np.abs(np.fft.rfft(tone * np.hanning(tone.size))).max() * 2 / tone.size
        hum = np.sin(2 * np.pi * 1000.0 / 44_100 * np.arange(tone.size))
        return samples + 1e-3 * strongest * hum

    assert alias_db(chipgen_tone, TIMER) < -90
    assert alias_db(spoilt, TIMER) == pytest.approx(-60, abs=0.5)
    assert -40 < alias_db(point_sampled_tone, TIMER) < -10


def test_libgme_aliases_more_than_we_do() -> None:
    """The peer's tone is found in spite of its own tuning, and its aliases are heard."""
    gme = open_gme()
    if gme is None:
        pytest.skip("libgme is not installed (Debian: libgme0)")
    assert alias_db(chipgen_tone, TIMER) < alias_db(gme_tone(gme), TIMER) - 20 < -50
