"""The table of audio formats says what each can do."""

import soundfile

from synth.output.audioformats import FORMATS


def test_the_table_says_what_it_can_do() -> None:
    """Each row names an encoding that soundfile has for its container."""
    for row in FORMATS:
        assert set(row.subtypes.values()) <= set(soundfile.available_subtypes(row.container))
