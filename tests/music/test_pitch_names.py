"""Every pitch has a name that leads back to it."""

import re

from chipgen.music.pitch_names import PITCH, pitch_name, read_pitch


def test_names_and_numbers_are_each_other_s() -> None:
    """Of all that MIDI has, and written in small letters or with flats too."""
    for pitch in range(128):
        name = pitch_name(pitch)
        assert re.fullmatch(PITCH, name, re.ASCII)
        assert read_pitch(name) == read_pitch(name.lower()) == read_pitch(str(pitch)) == pitch
    assert [read_pitch(text) for text in ("Bb3", "Cb4", "B#3")] == [58, 59, 60]
