"""What is wrong with a text that somebody gave is told in a line that can be read."""

from collections.abc import Callable

import pytest

from chipgen.errors import ChipgenError
from chipgen.music.chord_symbols import read_chords
from chipgen.music.key_names import parse_key
from chipgen.music.phrase_letters import read_form


@pytest.mark.parametrize("read", [read_form, read_chords, parse_key])
@pytest.mark.parametrize("text", ["A " * 9000, "x" * 20_000, "²" * 300, "\x1b[2J" * 500])
def test_long_texts_are_cut_in_messages(read: Callable[[str], object], text: str) -> None:
    """A text of any length is refused in one short line."""
    with pytest.raises(ChipgenError) as caught:
        read(text)
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)
