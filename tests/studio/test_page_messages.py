"""Any message of a page is valid or refused in a line."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from chipgen.studio.page_messages import MESSAGES, Document
from chipgen.studio.score_json import (
    say,
)
from tests.studio.scores import words

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)

anything = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=6),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(anything)
def test_any_message_is_one_or_a_line(told: Any) -> None:
    """Any JSON is a message that means something, or is told off in one short line."""
    for model in (MESSAGES.validate_json, Document.model_validate_json):
        try:
            model(json.dumps(told))
            line = ""
        except ValidationError as error:
            line = say(error)
        assert "\n" not in line
        assert len(line) <= 300
