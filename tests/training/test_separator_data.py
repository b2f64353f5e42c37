"""Rounding to frames hides the driver."""

import numpy as np

from chipgen.training.separator_data import VoicedSong, round_to_frames
from tests.training.voiced import trio


def test_frames_hide_the_driver():
    """Rounded to frames, notes of one moment begin together and those that vanish are gone."""
    song = trio(4)
    rounded = round_to_frames(song)
    assert len(set(rounded.start_s.tolist())) == 4
    glitch = VoicedSong(
        "glitch", np.array([0.0, 0.0001]), np.array([0.0001, 0.5]), np.array([90.0, 60.0]),
        np.array([0, 0]),
    )  # fmt: skip
    assert round_to_frames(glitch).pitch.tolist() == [60.0]
