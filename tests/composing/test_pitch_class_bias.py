"""Pitch classes that are foreign to the music, or have too much of it, are held back."""

import numpy as np

from chipgen.composing.pitch_class_bias import PitchClassBias
from tests.row_songs import SCALE, plain_rows, scales


def test_the_key_holds_back_what_is_foreign():
    """Pitch classes of the seed are free; others cost, those outside the scale most; 0 is off."""
    bias = np.array(PitchClassBias(scales(), 1.0).bias)
    home = np.isin(np.arange(12), np.array(SCALE) % 12)
    assert (bias[home] == 0).all()
    assert (bias[~home] < -2).all()
    assert PitchClassBias(scales(), 0.0).bias == (0.0,) * 12
    five = plain_rows(np.stack([np.array([60, 62, 64, 67, 69] * 8)] * 4, axis=1))
    pentatonic = np.array(PitchClassBias(five, 1.0).bias)
    assert pentatonic[1] < pentatonic[11] < 0  # B may come sooner than C sharp


def test_a_drone_loses():
    """A pitch class that fills more than its share of the music is held back, the more so."""
    line = np.array([60, 60, 60, 67] * 16)
    bias = PitchClassBias(plain_rows(np.stack([line] * 4, axis=1)), 1.0).bias
    assert bias[0] < -2 < bias[7] == 0


def test_the_key_can_change():
    """What is heard long enough in another key is at home there."""
    keys = PitchClassBias(scales(), 1.0)
    for _ in range(16):
        keys.observe(scales(8, root=1))
    bias = np.array(keys.bias)
    assert (bias[(np.array(SCALE) + 1) % 12] == 0).all()
    assert bias[2] < 0
