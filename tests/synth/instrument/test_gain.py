"""A change of gain makes no click."""

import numpy as np

from synth import Synth
from tests.synth.instrument.keys import on

RATE_HZ = 44_100


def test_gain_goes_there_without_a_click() -> None:
    """-6.02 dB halves the samples after 5 ms, and on the way there is no jump."""
    synth = Synth("plain", outputs="mix")
    full = synth.process([on(60)], RATE_HZ)[:, 0]
    synth.reset()
    half_db = 20 * float(np.log10(0.5))
    turned = synth.process([on(60), ("gain_db", half_db, 0.5)], RATE_HZ)[:, 0]
    at, after = RATE_HZ // 2, RATE_HZ // 2 + round(0.005 * RATE_HZ)
    np.testing.assert_array_equal(turned[:at], full[:at])
    np.testing.assert_allclose(turned[after:], full[after:] / 2, rtol=1e-6)
    ratio = turned[at:after] / full[at:after]
    assert np.all(np.diff(ratio) < 1e-6)
    assert np.abs(np.diff(ratio)).max() < 0.004
