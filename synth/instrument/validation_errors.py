"""Formats a preset's validation errors, a line for each, with its place and the allowed values."""

import re
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from synth.instrument.nearest_name import nearest_name
from synth.instrument.preset_format import Preset
from synth.instrument.yamltree import Node

MAX_ERRORS: Final = 100
MAX_ROUNDS: Final = 200
_KINDS: Final = {
    "missing": "is needed here and not given",
    "model_type": "must be a mapping of fields",
    "dict_type": "must be a mapping",
    "string_type": "must be a text",
    "bool_type": "must be true or false",
}

_Path = tuple[str | int, ...]


def explain_first(error: ValidationError, tree: Node) -> str:
    """Return one line about the first error, and how many there are besides."""
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    first = error.errors(include_url=False)[0]
    return f"{_explain(first, tree, _place(first))}{more}"


def explain_all(tree: Node) -> list[str]:
    """Return a line about each error, in the order of the file.

    The validator looks no further where it has found an error. So what is wrong is taken away and
    the rest looked at again, until nothing new comes up.

    Parameters
    ----------
    tree
        The preset with its parents laid underneath, a mapping.
    """
    plain = tree.plain()
    found: dict[str, tuple[str, int]] = {}
    mended: set[_Path] = set()
    stood_in: set[_Path] = set()
    for _ in range(MAX_ROUNDS):
        try:
            Preset.model_validate(plain)
            break
        except ValidationError as error:
            details = error.errors(include_url=False)
        for detail in details:
            path = _place(detail)
            if path not in mended:
                found.setdefault(_explain(detail, tree, path), _order(tree, path))
            mended.add(path)
            if detail["type"] == "missing" and path not in stood_in:
                _stand_in(plain, path)
                stood_in.add(path)
            else:
                _take_away(plain, path)
    return sorted(found, key=lambda line: found[line])[:MAX_ERRORS]


def _place(detail: ErrorDetails) -> _Path:
    path = (*detail["loc"], *detail.get("ctx", {}).get("path", ()))
    return tuple(part for part in path if part not in ("[key]", "str", "int"))


def _order(tree: Node, path: _Path) -> tuple[str, int]:
    node = tree.nearest(path)
    return ("" if node.file == tree.file else node.file, node.line)


def _take_away(plain: Any, path: _Path) -> None:
    """Take a value out of a tree; of an instrument leave an empty one, for its name is used."""
    below = _parent(plain, path)
    if below is None:
        return
    key = _key(below, path[-1])
    if len(path) == 2 and path[0] == "instruments" and below.get(key) not in (None, {}):
        below[key] = {}
    else:
        below.pop(key, None)


def _stand_in(plain: Any, path: _Path) -> None:
    """Put a right value where one is needed, so that the rest can be looked at."""
    below = _parent(plain, path)
    if below is None:
        return
    names = plain.get("instruments")  # most texts that are needed are one of these
    names = names if isinstance(names, dict) else {}
    for place in _places(path):
        lowest = place.get("minimum", place.get("const"))
        if lowest is None and "exclusiveMinimum" in place:
            lowest = place.get("maximum")
        if lowest is not None or place.get("type") == "string":
            below[path[-1]] = lowest if lowest is not None else next(iter(names), "x")
            return
    _take_away(plain, path[:-1])


def _parent(plain: Any, path: _Path) -> dict[Any, Any] | None:
    for part in path[:-1]:
        plain = plain.get(_key(plain, part)) if isinstance(plain, dict) else None
    return plain if path and isinstance(plain, dict) else None


def _key(plain: dict[Any, Any], part: str | int) -> str | int:
    is_number = isinstance(part, str) and part not in plain and re.fullmatch(r"[0-9]{1,9}", part)
    return int(part) if is_number else part


def _explain(detail: ErrorDetails, tree: Node, path: _Path) -> str:
    node = tree.nearest(path)
    field = ".".join(str(part) for part in path) or "preset"
    message = detail["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    message = message[:1].lower() + message[1:]
    message = _KINDS.get(detail["type"]) or _allowed(detail["type"], path, node) or message
    shown = ""
    if detail["type"] != "missing" and not isinstance(node.value, dict | list):
        shown = (
            f" = {str(node.value)[:60]!r}" if isinstance(node.value, str) else f" = {node.value}"
        )
    return " ".join(f"{node.file}:{node.line}: {field}{shown}: {message}".split())


def _allowed(kind: str, path: tuple[Any, ...], node: Node) -> str:
    """Describe the values that a field takes, from the format's schema; "" if it has none."""
    if not kind.startswith(("greater", "less", "int_", "float_", "literal")):
        return ""
    for place in _places(path):
        names = place.get("enum")
        if names:
            advice = nearest_name(str(node.value), map(str, names))
            meant = f"; {advice}" if advice.startswith("did you mean") else ""
            return f"must be one of {', '.join(map(str, names))}{meant}"
        low = place.get("minimum", place.get("exclusiveMinimum"))
        high = place.get("maximum")
        if low is not None and high is not None:
            number = "a whole number" if place.get("type") == "integer" else "a number"
            above = "above " if "exclusiveMinimum" in place else ""
            return f"must be {number} from {above}{low:g} to {high:g}"
    return ""


def _places(path: _Path) -> list[dict[str, Any]]:
    """Return the parts of the format's schema for the field at a path."""
    schema = Preset.model_json_schema()
    places = [schema]
    for part in path:
        places = [
            below
            for place in places
            for below in (
                place.get("properties", {}).get(str(part)),
                place.get("additionalProperties"),
            )
            if isinstance(below, dict)
        ]
        places = [choice for place in places for choice in _choices(place, schema)]
    return places


def _choices(place: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Resolve references and alternatives of a JSON Schema."""
    if "$ref" in place:
        return _choices(schema["$defs"][place["$ref"].rsplit("/", 1)[-1]], schema)
    if "anyOf" in place:
        return [found for choice in place["anyOf"] for found in _choices(choice, schema)]
    return [place]
