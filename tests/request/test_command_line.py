"""The words for a request ask for the same request again."""

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chipgen.music.formats import ANYTHING, target_format
from chipgen.request import (
    Request,
    request_fields,
)
from chipgen.request.command_line import words_of
from chipgen.request.targets import Target, target_of
from tests.request.values import value_of

FIELDS = request_fields(Request)


def target(suffix: str) -> Target:
    """Return what a file with a suffix can hold."""
    return target_of(target_format(Path(f"song{suffix}"), *ANYTHING))


REQUESTS = st.fixed_dictionaries(
    {}, optional={name: value_of(field) for name, field in FIELDS.items()}
).map(lambda values: Request(**values))


@given(REQUESTS.filter(lambda request: not request.find_loop))
def test_words_ask_for_the_same(request: Request) -> None:
    """Options name only fields that apply; each value is the one that was asked for."""
    made = target(".wav")
    kind = "nothing" if request.from_scratch else "score"
    words = words_of(request, made, kind)
    flags = {field.flag: field for name, field in FIELDS.items() if name != "find_loop"}
    asked: dict[str, Any] = {}
    while words:
        field = flags[words.pop(0)]
        asked[field.name] = True if field.kind == "switch" else words.pop(0)
    for name, value in asked.items():
        if FIELDS[name].kind in ("whole", "number"):
            assert float(value) == getattr(request, name), name
        else:
            assert getattr(Request(**{**_needed(name), name: value}), name) == getattr(
                request, name
            ), name


def _needed(name: str) -> dict[str, Any]:
    """Return what a field cannot be asked for without."""
    return {"loop": True} if name == "intro" else {}
