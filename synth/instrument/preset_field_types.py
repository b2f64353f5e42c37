"""The types of a preset's fields: sequences, scales and strict parts."""

from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from synth.errors import SynthError
from synth.instrument.chip_score import MAX_VOLUME
from synth.instrument.macro_sequence import Sequence, parse_sequence
from synth.instrument.nearest_name import nearest_name


class Strict(BaseModel):
    """A part of a preset: frozen, and without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _only_known_fields(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for key in data:
                if key not in cls.model_fields:
                    raise located_error(
                        (key,), "unknown field; {hint}", nearest_name(str(key), cls.model_fields)
                    )
        return data


def located_error(path: tuple[str | int, ...], message: str, hint: str) -> PydanticCustomError:
    """Return a validation error about the value at `path` below the model that raises it."""
    return PydanticCustomError("preset", message.replace("{hint}", hint), {"path": path})


def _sequence_reader(lowest: int, highest: int) -> BeforeValidator:
    def read(data: Any) -> Sequence:
        try:
            sequence = read_sequence(data)
        except SynthError as error:
            raise ValueError(str(error)) from None
        for value in sequence.values:
            if not lowest <= value <= highest:
                raise ValueError(f"{value} is not in {lowest} to {highest}")
        return sequence

    return BeforeValidator(read)


def read_sequence(data: Any) -> Sequence:
    """Read a sequence from any of its YAML forms: a number, a text, a list or a mapping.

    Raises
    ------
    SynthError
        If it is none of them.

    Examples
    --------
    >>> str(read_sequence({"values": [15, 13, 10], "loop": 1}))
    '15 [13 10]'
    """
    if isinstance(data, Sequence):
        return data
    if isinstance(data, bool):
        raise SynthError(f"{data} is not a sequence")
    if isinstance(data, int):
        return Sequence((data,))
    if isinstance(data, str):
        return parse_sequence(data)
    if isinstance(data, list):
        if len(data) == 1 and isinstance(data[0], str):
            return parse_sequence(f"[{data[0]}]")  # how YAML parses an unquoted [0 4 7]
        return Sequence(_whole_numbers(data))
    if isinstance(data, dict):
        for key in data:
            if key not in ("values", "loop", "release"):
                hint = nearest_name(str(key), ("values", "loop", "release"))
                raise SynthError(f"unknown field {str(key)[:40]!r} of a sequence; {hint}")
        if not isinstance(data.get("values"), list):
            raise SynthError("a sequence written as a mapping needs a list called values")
        loop, release = (_index(data.get(name), name) for name in ("loop", "release"))
        return Sequence(_whole_numbers(data["values"]), loop, release)
    raise SynthError(f"{str(data)[:40]} is not a sequence")


def _whole_numbers(data: list[Any]) -> tuple[int, ...]:
    for value in data:
        if isinstance(value, bool) or not isinstance(value, int):
            raise SynthError(f"{str(value)[:40]!r} is not a whole number")
    return tuple(data)


def _index(data: Any, name: str) -> int | None:
    if data is not None and (isinstance(data, bool) or not isinstance(data, int)):
        raise SynthError(f"{name} is the index of a value, not {str(data)[:40]!r}")
    return data


def _sequence_schema(lowest: int, highest: int) -> WithJsonSchema:
    number = {"type": "integer", "minimum": lowest, "maximum": highest}
    numbers = {"type": "array", "items": number, "minItems": 1}
    index = {"type": ["integer", "null"], "minimum": 0}
    mapping = {
        "type": "object",
        "properties": {"values": numbers, "loop": index, "release": index},
        "required": ["values"],
        "additionalProperties": False,
    }
    unquoted_loop = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 1}
    text = {"type": "string", "examples": ["15 13 [10 7] | 3 0", "15 to 0 in 15f", "12x4 8"]}
    return WithJsonSchema({"anyOf": [number, text, numbers, unquoted_loop, mapping]})


def _written(sequence: Sequence) -> str | int:
    return sequence.values[0] if len(sequence.values) == 1 else str(sequence)


_AS_TEXT: Final = PlainSerializer(_written, return_type=str | int)

Volumes = Annotated[
    Sequence, _sequence_reader(0, MAX_VOLUME), _sequence_schema(0, MAX_VOLUME), _AS_TEXT
]
Duties = Annotated[Sequence, _sequence_reader(0, 3), _sequence_schema(0, 3), _AS_TEXT]
Semitones = Annotated[Sequence, _sequence_reader(-96, 96), _sequence_schema(-96, 96), _AS_TEXT]
Cents = Annotated[Sequence, _sequence_reader(-9600, 9600), _sequence_schema(-9600, 9600), _AS_TEXT]
Steps = Annotated[Sequence, _sequence_reader(-2047, 2047), _sequence_schema(-2047, 2047), _AS_TEXT]
Frames = Annotated[int, Field(ge=0, le=3600)]
Scale = Annotated[float, Field(ge=0.0, le=1.0)]
Seconds = Annotated[float, Field(ge=0.0, le=60.0)]
