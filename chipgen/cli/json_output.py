"""Prints results as JSON, for programs."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any, Final

from chipgen.cli.command import GENERAL, option
from chipgen.printable import echo_lines

json_option: Final = option(
    "--json", "as_json", is_flag=True, group=GENERAL, help="Print the result as JSON."
)


def echo_json(value: Any) -> None:
    """Print a value as JSON in UTF-8-safe ASCII; dataclasses become objects, paths texts."""
    echo_lines(json.dumps(_plain(value), indent=2))


def _plain(value: Any) -> Any:
    """Return a value as what JSON knows."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return str(value).encode("utf-8", "replace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if hasattr(value, "item") and callable(value.item):  # a number of numpy
        return _plain(value.item())
    return value
