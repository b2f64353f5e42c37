"""What cannot be asked for is refused in a line."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipgen.errors import RequestError
from chipgen.request import (
    Request,
    request_fields,
)
from synth.chip.voices import VOICES

FIELDS = request_fields(Request)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"temperature": 9.0}, "--temperature 9.0 is not allowed; give 0.1 to 3"),
        ({"bars": -1}, "--bars -1 is not allowed; give 0 to 4096"),
        ({"bars": "4"}, "--bars"),
        ({"bars": True}, "--bars"),
        ({"seconds": 0.0}, "above 0 and up to 86400"),
        ({"temperature": float("nan")}, "--temperature"),
        ({"drums": "loud"}, "give one of seed, preset, none"),
        ({"temprature": 1.0}, "did you mean temperature?"),
        ({"only": "nois"}, "did you mean noise?"),
        ({"only": 3}, "--only"),
        ({"fill": "4-2"}, "no span of bars"),
        ({"fill": [1, 2, 3]}, "no span of bars"),
        ({"meter": "3/5"}, "is no meter"),
        ({"key": "H#b"}, "is no key"),
        ({"track": "²"}, "is no track"),
        ({"track": True}, "is no track"),
        ({"preset": ""}, "--preset"),
        ({"only": "noise", "keep": "pulse1"}, "--only and --keep"),
        ({"only": VOICES}, "nothing would be kept"),
        ({"keep": VOICES}, "nothing to write"),
        ({"intro": True}, "give --loop too"),
        ({"only": "noise", "bars": 0}, "--as-is composes nothing"),
        ({"loop": True, "intro": True, "without_seed": True}, "leave out --without-input"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_in_a_line(values: dict[str, Any], words: str) -> None:
    """One line names the option, the value and what to give."""
    with pytest.raises(RequestError) as caught:
        Request(**values)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), st.none() | st.text() | st.floats()))
def test_any_values_are_a_request_or_a_line(values: dict[str, Any]) -> None:
    """Nothing but a `RequestError` comes of any value of any field."""
    try:
        Request(**values)
    except RequestError as error:
        assert "\n" not in str(error)  # noqa: PT017
