"""Keys have names that are read again; any other text is refused in a line."""

from hypothesis import given
from hypothesis import strategies as st

from chipgen.errors import ChipgenError
from chipgen.music.key_names import Key, parse_key

KEYS = st.builds(Key, st.integers(0, 11), st.sampled_from(["", "major", "minor"]))


@given(KEYS)
def test_keys_have_names_that_are_read_again(key: Key) -> None:
    """Name and signature of every key lead back to it."""
    assert parse_key(key.name) == key
    signed = parse_key(key.signature)
    assert signed.tonic == key.tonic
    assert (signed.mode == "minor") == (key.mode == "minor")


@given(st.text(max_size=12))
def test_any_text_is_a_key_or_a_plain_error(text: str) -> None:
    """No name of a key makes anything but a key or one line."""
    try:
        tonic = parse_key(text).tonic
    except ChipgenError:
        return
    assert 0 <= tonic < 12
