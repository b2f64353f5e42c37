"""Markers that change the key: only texts that name a key signature are such."""

import pytest

from chipgen.music.key_changes import changed_key, key_change
from chipgen.music.score import Marker


@pytest.mark.parametrize("signature", ["C", "Bb", "F#m", "Cb", "A#m"])
def test_a_key_is_read_as_it_was_written(signature: str) -> None:
    """Every signature of MIDI comes back."""
    assert changed_key(key_change(4.0, signature)) == signature


@pytest.mark.parametrize("text", ["key", "key H", "key B#m", "Key C", "key C ", "verse"])
def test_other_texts_change_no_key(text: str) -> None:
    """A signature that MIDI does not have, or anything around it, is a marker as any other."""
    assert not changed_key(Marker(4.0, text))
