"""Checks the sizes in a checkpoint's header, and the answers of its network."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from chipgen.errors import ChipgenError

Config = TypeVar("Config")
Bounds = tuple[int | float, int | float]
"""The least and the greatest value, both allowed."""

MEMORY_BYTES: Final = 256_000_000  # that a model may ask for beside its weights


def check_sizes(
    kind: type[Config], values: Mapping[str, Any], bounds: Mapping[str, Bounds]
) -> Config:
    """Build a configuration from a header's values, each of its type and within its bounds.

    Parameters
    ----------
    kind
        A dataclass whose fields are whole numbers, numbers, truth values or pairs of whole numbers,
        given by their defaults.
    values
        As a header holds them; fields that are left out have their defaults.
    bounds
        Of every field that is a number, or a pair of them.

    Raises
    ------
    ValueError
        Names the field, its value and what is allowed.

    Examples
    --------
    >>> from chipgen.models.row_transformer.config import RowTransformerConfig
    >>> check_sizes(RowTransformerConfig, {"heads": 0}, {"heads": (1, 64)})
    Traceback (most recent call last):
    ValueError: heads = 0; it is a whole number from 1 to 64
    """
    defaults = {field.name: field.default for field in fields(kind)}  # type: ignore[arg-type]
    surplus = sorted(set(values) - set(defaults))
    if surplus:
        raise ValueError(f"{surplus[0]!r} is no size of this model")
    checked: dict[str, Any] = {}
    for name, value in values.items():
        like = defaults[name]
        if isinstance(like, tuple):
            if not isinstance(value, list | tuple) or len(value) != len(like):
                raise ValueError(f"{name} = {_said(value)}; it has {len(like)} numbers")
            pairs = zip(value, like, strict=True)
            checked[name] = tuple(_checked(name, each, kin, bounds) for each, kin in pairs)
        else:
            checked[name] = _checked(name, value, like, bounds)
    return kind(**checked)


def check_finite(answers: NDArray[np.float32]) -> None:
    """Refuse answers of a network whose sums have overflowed.

    Raises
    ------
    ChipgenError
        If one is infinite or not a number.
    """
    if not np.isfinite(answers).all():
        raise ChipgenError(
            "the model's weights are too large: its sums overflow; use another model"
        )


def _checked(name: str, value: Any, like: Any, bounds: Mapping[str, Bounds]) -> Any:
    if isinstance(like, bool):
        if not isinstance(value, bool):
            raise ValueError(f"{name} = {_said(value)}; it is true or false")
        return value
    low, high = bounds[name]
    fits = isinstance(value, int) or (isinstance(like, float) and isinstance(value, float))
    if not fits or isinstance(value, bool) or not low <= value <= high:
        kind = "a number" if isinstance(like, float) else "a whole number"
        raise ValueError(f"{name} = {_said(value)}; it is {kind} from {low} to {high}")
    return value


def _said(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
