"""The name or path of a preset to the preset, checked and with its parents laid underneath."""

import json
from importlib import resources
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from synth.errors import SynthError
from synth.instrument.format import Preset
from synth.instrument.names import nearest_name
from synth.instrument.yamltree import MAX_BYTES, Node, merge_trees, parse_yaml

__all__ = [
    "Preset",
    "load_preset",
    "preset_names",
    "preset_schema",
    "preset_source",
    "preset_yaml",
    "read_preset",
]

SUFFIXES: Final = (".yaml", ".yml")
MAX_ANCESTORS: Final = 16


def preset_names() -> list[str]:
    """Return the names of the shipped presets, sorted."""
    folder = resources.files("presets")
    return sorted(
        item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml")
    )


def preset_source(name_or_path: str | Path) -> str:
    """Return the text of a preset file as it was written.

    Raises
    ------
    SynthError
        If there is no such preset or it cannot be read.
    """
    label, data, _ = _read(name_or_path, Path())
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise SynthError(f"{label}: not UTF-8 text; save it as UTF-8") from None


def load_preset(name_or_path: str | Path) -> Preset:
    """Load a shipped preset by name, or any preset by the path of its file.

    What ends in ``.yaml`` or ``.yml`` or holds a slash is a path. ``extends`` in a file names a
    shipped preset, or a path from that file's folder.

    Raises
    ------
    SynthError
        If there is no such preset, or it does not follow the format: one line with the file, line,
        field, value, and what is allowed.

    Examples
    --------
    >>> load_preset("plain").engine.region
    'ntsc'
    """
    label, data, folder = _read(name_or_path, Path())
    return read_preset(data, label, folder)


def read_preset(data: bytes, label: str, folder: Path | None = None) -> Preset:
    """Check the bytes of a preset file and return the preset.

    Parameters
    ----------
    data
        YAML text in UTF-8.
    label
        What errors call the file.
    folder
        Where paths in ``extends`` begin; None allows shipped presets only.

    Raises
    ------
    SynthError
        As `load_preset`.
    """
    tree = _with_ancestors(parse_yaml(data, label), folder, [label])
    if not isinstance(tree.value, dict):
        raise SynthError(f"{label}:{tree.line}: a preset is a mapping that begins with `format: 1`")
    try:
        return Preset.model_validate(tree.plain())
    except ValidationError as error:
        raise SynthError(_explain(error, tree)) from None


def preset_schema() -> str:
    """Return the JSON Schema of preset files, for editors that check YAML as it is typed."""
    schema = Preset.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "chipgen preset"
    for part in (schema, *schema["$defs"].values()):
        _leave_to_parent(part)
    schema["required"] = ["format", "name"]
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def _leave_to_parent(part: dict[str, Any]) -> None:
    """Let a file leave out what its parent says, and take away (null) what it does not want."""
    part.pop("required", None)
    nothing = {"type": "null"}
    for name, place in part.get("properties", {}).items():
        if name not in ("format", "name"):
            choices = place.setdefault("anyOf", [])
            if not choices:
                moved = {key: place.pop(key) for key in list(place) if key in _CONSTRAINTS}
                choices.append(moved)
            if nothing not in choices:
                choices.append(nothing)
        for choice in (place, *place.get("anyOf", [])):
            below = choice.get("additionalProperties")
            if isinstance(below, dict):
                choice["additionalProperties"] = {"anyOf": [below, nothing]}


_CONSTRAINTS: Final = (
    "$ref", "additionalProperties", "const", "enum", "exclusiveMinimum", "items", "maxLength",
    "maximum", "minLength", "minProperties", "minimum", "type",
)  # fmt: skip


def preset_yaml(preset: Preset) -> str:
    """Return a preset as the text of a file that says everything itself and extends nothing.

    What stands at its default is left out. `read_preset` makes the same preset of it.
    """
    data = preset.model_dump(exclude_defaults=True, exclude={"extends"})
    return yaml.safe_dump(data, sort_keys=False, width=100, allow_unicode=True)


def _read(name_or_path: str | Path, folder: Path) -> tuple[str, bytes, Path | None]:
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith(SUFFIXES) or "/" in text or "\\" in text:
        path = folder / text
        try:
            with path.open("rb") as stream:
                return str(path), stream.read(MAX_BYTES + 1), path.parent
        except OSError as error:
            raise SynthError(f"{path}: cannot be read ({error.strerror})") from None
        except ValueError:
            raise SynthError(f"{text[:80]!r} is not a path") from None
    if text not in preset_names():
        hint = nearest_name(text, preset_names())
        raise SynthError(
            f"preset {text[:80]!r} is unknown; {hint}, or give the path of a .yaml file"
        )
    return f"{text}.yaml", (resources.files("presets") / f"{text}.yaml").read_bytes(), None


def _with_ancestors(tree: Node, folder: Path | None, lineage: list[str]) -> Node:
    parent = tree.value.get("extends") if isinstance(tree.value, dict) else None
    if parent is None or parent.value is None:
        return tree
    where = f"{parent.file}:{parent.line}: extends"
    if not isinstance(parent.value, str) or not parent.value:
        raise SynthError(f"{where} = {str(parent.value)[:40]}: name a preset, or a .yaml file")
    is_path = parent.value.endswith(SUFFIXES) or "/" in parent.value
    if is_path and folder is None:
        raise SynthError(f"{where} = {parent.value[:80]}: only shipped presets can be named here")
    try:
        label, data, parents_folder = _read(parent.value, folder or Path())
    except SynthError as error:
        raise SynthError(f"{where}: {error}") from None
    if label in lineage or len(lineage) >= MAX_ANCESTORS:
        raise SynthError(f"{where} = {parent.value[:80]}: comes back to itself, or has no end")
    base = _with_ancestors(parse_yaml(data, label), parents_folder, [*lineage, label])
    return merge_trees(_without_replaced_volumes(base, tree), tree)


_VOLUME_SOURCES: Final = ("volume", "adsr", "hardware_envelope")


def _without_replaced_volumes(base: Node, top: Node) -> Node:
    """Take away the volume of a parent's instrument where the child says it in another way."""
    for name, child in _instruments(top).items():
        parent = _instruments(base).get(name)
        if parent is None or not isinstance(parent.value, dict):
            continue
        given = [
            key for key in _VOLUME_SOURCES if isinstance(child.value, dict) and key in child.value
        ]
        if given:
            nothing = {key: Node(None, top.file, top.line) for key in _VOLUME_SOURCES}
            layer = {"instruments": _map(top, {name: _map(top, nothing)})}
            base = merge_trees(base, _map(top, layer))
    return base


def _map(like: Node, value: dict[Any, Node]) -> Node:
    return Node(dict(value), like.file, like.line)


def _instruments(tree: Node) -> dict[str | int, Node]:
    found = tree.value.get("instruments") if isinstance(tree.value, dict) else None
    return found.value if found is not None and isinstance(found.value, dict) else {}


def _explain(error: ValidationError, tree: Node) -> str:
    first = error.errors(include_url=False)[0]
    context = first.get("ctx", {})
    path = tuple(first["loc"]) + tuple(context.get("path", ()))
    path = tuple(part for part in path if part not in ("[key]", "str", "int"))
    node = tree.nearest(path)
    field = ".".join(str(part) for part in path) or "preset"
    message = first["msg"].removeprefix("Value error, ")
    message = _allowed(first["type"], path, node) or message[:1].lower() + message[1:]
    shown = ""
    if first["type"] != "missing" and not isinstance(node.value, dict | list):
        shown = (
            f" = {str(node.value)[:60]!r}" if isinstance(node.value, str) else f" = {node.value}"
        )
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return " ".join(f"{node.file}:{node.line}: {field}{shown}: {message}{more}".split())


def _allowed(kind: str, path: tuple[Any, ...], node: Node) -> str:
    """Say which values a field takes, from the format's own schema; "" if that says nothing."""
    if not kind.startswith(("greater", "less", "int_", "float_", "literal")):
        return ""
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
    for place in places:
        names = place.get("enum")
        if names:
            advice = ""
            if isinstance(node.value, str):
                advice = f"; {nearest_name(node.value, map(str, names))}"
            return f"must be one of {', '.join(map(str, names))}{advice}"
        low = place.get("minimum", place.get("exclusiveMinimum"))
        high = place.get("maximum")
        if low is not None and high is not None:
            number = "a whole number" if place.get("type") == "integer" else "a number"
            above = "above " if "exclusiveMinimum" in place else ""
            return f"must be {number} from {above}{low:g} to {high:g}"
    return ""


def _choices(place: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Follow references and alternatives of a JSON Schema down to what they stand for."""
    if "$ref" in place:
        return _choices(schema["$defs"][place["$ref"].rsplit("/", 1)[-1]], schema)
    if "anyOf" in place:
        return [found for choice in place["anyOf"] for found in _choices(choice, schema)]
    return [place]
