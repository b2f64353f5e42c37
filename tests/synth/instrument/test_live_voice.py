"""A live voice cuts its release when told to, and joins drums while no key holds it."""

import numpy as np
from numpy.typing import NDArray

from synth import Synth
from tests.synth.instrument.keys import control, heard, on

RATE_HZ = 44_100


def same(first: NDArray[np.float32], second: NDArray[np.float32]) -> bool:
    """Return whether two sounds are the same samples, and are sounds at all."""
    assert np.ptp(first) > 0.01
    return bool(np.array_equal(first, second))


def test_all_sound_off_cuts_releases_short() -> None:
    """CC120 is heard at once where a long release would ring on; CC123 lets it ring."""
    ringing = "instruments: {bell: {volume: 15 | 14x60}}\nvoices: {pulse1: bell}"
    cut = heard(on(60), control(120, 0, 0.3), preset=ringing)
    let_go = heard(on(60), control(123, 0, 0.3), preset=ringing)
    after = round(0.35 * RATE_HZ)
    assert np.ptp(cut[after:]) < 0.001 < np.ptp(let_go[after:])


def test_the_triangle_joins_a_drum_only_while_no_key_holds_it() -> None:
    """With the bass held, a kick is on the noise alone."""
    synth = Synth("default", outputs="isolated")
    bass = synth([on(40, channel=3)], 0.5)[2]
    both = synth([on(40, channel=3), on(36, 0.2, channel=10)], 0.5)[2]
    assert same(both, bass)
    assert np.ptp(synth([on(36, channel=10)], 0.5)[2]) > 0.05
