"""Reads and checks the settings of a training."""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chipgen.errors import ChipgenError
from synth.fileformat import read_regular
from synth.instrument.nearest_name import nearest_name
from synth.instrument.yamltree import MAX_BYTES, parse_yaml

Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
Rate = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Settings(BaseModel):
    """Settings that refuse unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _only_known_settings(cls, values: Any) -> Any:
        unknown = set(values) - set(cls.model_fields) if isinstance(values, dict) else set()
        if unknown:
            name = min(map(str, unknown))
            raise ValueError(f"{name[:60]!r} is no setting; {nearest_name(name, cls.model_fields)}")
        return values


class RunSettings(Settings):
    """What every training has.

    Attributes
    ----------
    model
        The model's name.
    seed
        Everything random is drawn from it.
    threads
        Processor threads that torch uses; the weights depend on it in the last digits.
    checkpoint_s
        The state is saved at least so often; a kill loses no more.
    accelerator
        ``"auto"`` takes a CUDA device if there is one, else the processor.
    precision
        ``"bf16-mixed"`` multiplies in bfloat16 and keeps weights in float32.
    """

    model: str
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    threads: Annotated[int, Field(ge=1, le=1_024)] = 1
    checkpoint_s: Annotated[float, Field(ge=0, le=60)] = 30.0
    accelerator: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    precision: Literal["32-true", "bf16-mixed"] = "32-true"


S = TypeVar("S", bound=Settings)


def load_settings(path: Path, kind: type[S]) -> S:
    """Read and check settings.

    Raises
    ------
    SynthError
        If the file cannot be read or a value is unknown or out of range, naming it.
    """
    data = read_regular(path, "settings", MAX_BYTES)
    values: Any = parse_yaml(data, str(path)).plain()
    if not isinstance(values, dict):
        raise ChipgenError(f"{path}: expected settings as `name: value` lines")
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        given = "" if isinstance(first["input"], dict) else f" = {str(first['input'])[:60]!r}"
        told = first["msg"].removeprefix("Value error, ")
        raise ChipgenError(": ".join(filter(None, (str(path), where + given, told)))) from error
