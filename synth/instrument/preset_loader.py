"""Loads presets by name or path, checks them, and lays them over their parents."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from synth.errors import SynthError, UnknownNameError
from synth.fileformat import read_regular
from synth.instrument.nearest_name import nearest_name
from synth.instrument.preset_format import Preset
from synth.instrument.sample_files import with_encoded_samples
from synth.instrument.validation_errors import explain_all, explain_first
from synth.instrument.yamltree import MAX_BYTES, Node, merge_trees, parse_yaml
from synth.package_data import shipped_folder

__all__ = [
    "Preset",
    "list_errors",
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
    return sorted(
        item.name.removesuffix(".yaml")
        for item in shipped_folder("synth", "presets").iterdir()
        if item.name.endswith(".yaml")
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
    tree = _tree(data, label, folder)
    try:
        preset = Preset.model_validate(tree.plain())
    except ValidationError as error:
        raise SynthError(explain_first(error, tree)) from None
    return with_encoded_samples(preset, tree)


def list_errors(name_or_path: str | Path) -> list[str]:
    """Return all errors in a preset, one line each as `load_preset` words them, in order.

    A file that cannot be read as YAML, or whose ``extends`` leads nowhere, is reported in one line,
    for nothing else can be said of it.

    Examples
    --------
    >>> list_errors("plain")
    []
    """
    try:
        label, data, folder = _read(name_or_path, Path())
        return explain_all(_tree(data, label, folder))
    except SynthError as error:
        return [str(error)]


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
    """Let a file omit what its parent says, and remove (null) what it does not need."""
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

    Defaults are left out. `read_preset` reads the same preset from it.
    """
    data = preset.model_dump(exclude_defaults=True, exclude={"extends"})
    return yaml.safe_dump(data, sort_keys=False, width=100, allow_unicode=True)


def _read(name_or_path: str | Path, folder: Path) -> tuple[str, bytes, Path | None]:
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith(SUFFIXES) or "/" in text or "\\" in text:
        path = folder / text
        return str(path), read_regular(path, "preset", MAX_BYTES), path.parent
    if text not in preset_names():
        hint = nearest_name(text, preset_names())
        raise UnknownNameError(
            f"preset {text[:80]!r} is unknown; {hint} (a file's name ends in .yaml)"
        )
    file = f"{text}.yaml"
    return file, shipped_folder("synth", "presets").joinpath(file).read_bytes(), None


def _tree(data: bytes, label: str, folder: Path | None, lineage: Sequence[str] = ()) -> Node:
    tree = _with_ancestors(parse_yaml(data, label), folder, [*lineage, label])
    if not isinstance(tree.value, dict):
        raise SynthError(f"{label}:{tree.line}: a preset is a mapping that begins with `format: 1`")
    return tree


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
    base = _tree(data, label, parents_folder, lineage)
    return merge_trees(_without_replaced_volumes(base, tree), tree)


_VOLUME_SOURCES: Final = ("volume", "adsr", "hardware_envelope")


def _without_replaced_volumes(base: Node, top: Node) -> Node:
    """Remove the volume of a parent's instrument where the child gives it in another form."""
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
