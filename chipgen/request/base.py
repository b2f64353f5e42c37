"""The base class of a request's parts: strict, frozen, with errors of one line."""

import difflib
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from chipgen.errors import RequestError
from chipgen.request.field import request_fields

_MOST: int = 60  # letters of a wrong value that are shown


def _as_given(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    check(_whole_characters(value))
    return value


_AS_GIVEN: Final = WrapValidator(_as_given)
FileName = Annotated[
    str, StringConstraints(min_length=1), _AS_GIVEN, PlainSerializer(lambda name: name)
]
"""The name of a file or of something shipped; it keeps bytes that are no UTF-8."""


class RequestPart(BaseModel):
    """Some fields of a request, each declared with `chipgen.request.field.request_field`.

    Raises
    ------
    RequestError
        If a value is out of its range, or a name is no field; in one line.
    """

    heading: ClassVar[str] = "Options"
    """What the command line's help lists its fields under."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    @model_validator(mode="wrap")
    @classmethod
    def _say(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(given, dict):
            given = {
                name: value if names_file(cls, name) else _whole_characters(value)
                for name, value in given.items()
            }
        try:
            return handler(given)
        except ValidationError as error:
            raise RequestError(_line(cls, error)) from None


def names_file(model: type[BaseModel], name: str) -> bool:
    """Tell whether a field is a `FileName`."""
    field = model.model_fields.get(name)
    return field is not None and _AS_GIVEN in field.metadata


def _whole_characters(value: Any) -> Any:
    """Return a text with a question mark for each byte of a command line that is no UTF-8."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _line(model: type[BaseModel], error: ValidationError) -> str:
    """Return the first error, in one line."""
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    known = request_fields(model)
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        likely = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        return f"{name[:_MOST]!r} is nothing that can be asked for; {likely}"
    field = known[name]
    if first["type"] == "value_error":
        return f"{field.flag}: {first['msg'].removeprefix('Value error, ')}"
    given = first["input"]
    near = difflib.get_close_matches(str(given).lower()[:_MOST], field.choices, 1)
    likely = f"; did you mean {near[0]}?" if near else ""
    mistyped = isinstance(given, str) and field.kind in ("switch", "whole", "number")
    shown = repr(given[:_MOST]) if mistyped else _shown(given)
    return f"{field.flag} {shown} is not allowed; give {field.allowed}{likely}"


def _shown(value: Any) -> str:
    text = " ".join((value if isinstance(value, str) else repr(value)).split())
    return text if len(text) <= _MOST else f"{text[: _MOST - 3]}..."
