"""A field is declared once and says all there is to say of it."""

import json

import pytest
from pydantic import BaseModel

from chipgen.request import (
    Request,
    request_fields,
)
from chipgen.request.field import SOURCES, TARGETS, TASKS, request_field

FIELDS = request_fields(Request)


@pytest.mark.parametrize("name", [*FIELDS])
def test_a_field_says_all_there_is_to_say(name: str) -> None:
    """Help is a sentence, a number has a range, and what it applies to is something that is."""
    field = FIELDS[name]
    assert field.flag.startswith("--")
    assert field.help[0].isupper()
    assert field.label
    if field.kind in ("whole", "number"):
        assert field.minimum is not None
        assert field.maximum is not None
        assert field.default is None or field.minimum <= field.default <= field.maximum
    assert set(field.sources) <= set(SOURCES)
    assert set(field.tasks) <= set(TASKS)
    assert set(field.targets) <= set(TARGETS)
    json.dumps(field.json())


def test_flags_name_one_field_each() -> None:
    """No word means two things, and no old name of one is another's."""
    flags = [flag for field in FIELDS.values() for flag in (field.flag, *field.aliases)]
    assert len(flags) == len(set(flags))


def test_a_field_is_declared_with_knob() -> None:
    """A field without help and range is a mistake of ours, found at once."""

    class Bare(BaseModel):
        loud: bool = False

    class Told(BaseModel):
        loud: bool = request_field(False, "Louder.")

    assert request_fields(Told)["loud"].flag == "--loud"
    with pytest.raises(AssertionError, match="loud"):
        request_fields(Bare)
