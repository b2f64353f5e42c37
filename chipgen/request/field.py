"""Declares the fields of a request: help, unit, range, and where each applies.

A field is declared once, with `request_field`. `request_fields` reads the declarations back; the
command line's options, the studio's controls and the stored recipe are made from them.
"""

import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

import annotated_types
from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

from chipgen.music.formats import CHIP, SCORE

SOURCES: Final = (*SCORE, *CHIP, "nothing")
"""Where music comes from: what a file holds, or no file at all."""

TASKS: Final = ("as is", "continue", "rewrite", "scratch")
"""What is done with it; the last three compose."""

COMPOSING: Final = ("continue", "rewrite", "scratch")
SEEDED: Final = (*SCORE, "nothing")

TARGETS: Final = (
    "notes", "voices", "timbres", "sound", "sound file", "bit depth", "loop points", "two files",
    "titles", "rows",
)  # fmt: skip
"""What the thing that is made can hold; see `chipgen.request.targets`."""


@dataclass(frozen=True, slots=True)
class RequestField:
    """A field of a request.

    Attributes
    ----------
    name
        Of the field, in Python and JSON.
    flag
        Of its option, such as ``--top-p``.
    label
        A word or two, for the studio's page.
    help
        What it does, in a sentence.
    kind
        ``"switch"``, ``"whole"``, ``"number"``, ``"choice"`` or ``"text"``.
    unit
        What its number counts; empty for plain numbers and the rest.
    minimum, maximum
        The range; None is unbounded.
    above
        Whether the minimum itself is excluded.
    choices
        The values of a choice, each with what the studio's page calls it.
    default
        The value when nothing is asked for.
    unset
        Text shown for a default of None, such as "the preset's".
    metavar
        How the value is written in a usage line; empty for the kind's own.
    sources, tasks
        To which of `SOURCES` and `TASKS` it applies.
    targets
        One of these of `TARGETS` must be held by what is made; empty for anything that is made.
    page
        Whether the studio's page has a control for it.
    short
        What it does in a few words, where the command line's short help shows it; else empty.
    aliases
        Old names of its option, which still work.
    """

    name: str
    flag: str
    label: str
    help: str
    kind: Literal["switch", "whole", "number", "choice", "text"]
    unit: str
    minimum: float | None
    maximum: float | None
    above: bool
    choices: Mapping[str, str]
    default: Any
    unset: str
    metavar: str
    sources: tuple[str, ...]
    tasks: tuple[str, ...]
    targets: tuple[str, ...]
    page: bool
    short: str
    aliases: tuple[str, ...]

    @property
    def keyword(self) -> str:
        """Its name as a keyword of the Python functions: the flag's words."""
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def allowed(self) -> str:
        """What may be given, in words."""
        if self.kind == "choice":
            return f"one of {', '.join(self.choices)}"
        what = {"whole": "a whole number", "number": "a number"}.get(self.kind, "text")
        low, high = self.minimum, self.maximum
        if self.kind in ("switch", "text"):
            return "true or false" if self.kind == "switch" else what
        if low is None or high is None:
            return what
        first, last = _digits(low), _digits(high)
        return f"{what} above {first} and up to {last}" if self.above else f"{first} to {last}"

    def json(self) -> dict[str, Any]:
        """Return the field as the studio's page receives it."""
        return {
            "name": self.name,
            "flag": self.flag,
            "label": self.label,
            "help": self.help,
            "kind": self.kind,
            "unit": self.unit,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "choices": [{"value": value, "label": label} for value, label in self.choices.items()],
            "default": self.default,
            "unset": self.unset,
            "sources": list(self.sources),
            "tasks": list(self.tasks),
            "targets": list(self.targets),
        }


def request_field(
    default: Any,
    help: str,  # noqa: A002 (what click and argparse call it)
    *,
    flag: str = "",
    label: str = "",
    unit: str = "",
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    unset: str = "",
    metavar: str = "",
    labels: Mapping[str, str] | None = None,
    sources: Iterable[str] = SOURCES,
    tasks: Iterable[str] = TASKS,
    targets: Iterable[str] = (),
    page: bool = True,
    short: str = "",
    aliases: Iterable[str] = (),
) -> Any:
    """Declare a field of a request.

    The arguments are the attributes of `RequestField`; `labels` are those of its choices.

    Examples
    --------
    >>> class Cups(BaseModel):
    ...     sugar_g: float = request_field(0.0, "How sweet.", unit="g", ge=0, le=20)
    >>> request_fields(Cups)["sugar_g"].flag, request_fields(Cups)["sugar_g"].allowed
    ('--sugar-g', '0 to 20')
    """
    facts: dict[str, Any] = {
        "flag": flag, "label": label, "unit": unit, "unset": unset, "metavar": metavar,
        "labels": dict(labels or {}),
        "sources": [*sources], "tasks": [*tasks], "targets": [*targets], "page": page,
        "short": short, "aliases": [*aliases],
    }  # fmt: skip
    return Field(default, description=help, ge=ge, gt=gt, le=le, json_schema_extra=facts)


def says_something(value: Any) -> bool:
    """Return whether a value asks for anything: an unset or switched-off one does not.

    Examples
    --------
    >>> says_something(0), says_something(False), says_something(None)
    (True, False, False)
    """
    return not (value is None or value is False or value in ((), ""))


@cache
def request_fields(model: type[BaseModel]) -> Mapping[str, RequestField]:
    """Return a model's fields by name, in their order."""
    return types.MappingProxyType(
        {name: _read_field(name, info) for name, info in model.model_fields.items()}
    )


def _read_field(name: str, info: FieldInfo) -> RequestField:
    facts = info.json_schema_extra
    assert isinstance(facts, dict), f"{name} is not declared with request_field()"
    said: dict[str, Any] = dict(facts)
    kind, choices = _kind(info.annotation)
    bounds = [mark for mark in info.metadata if isinstance(mark, annotated_types.BaseMetadata)]
    lows = [mark.ge for mark in bounds if isinstance(mark, annotated_types.Ge)]
    above = [mark.gt for mark in bounds if isinstance(mark, annotated_types.Gt)]
    highs = [mark.le for mark in bounds if isinstance(mark, annotated_types.Le)]
    if kind in ("whole", "number") and not bounds:
        kind = "text"  # a number that may be a word too
    return RequestField(
        name=name,
        flag=said["flag"] or "--" + name.replace("_", "-"),
        label=said["label"] or name.replace("_", " ").capitalize(),
        help=info.description or "",
        kind=kind,
        unit=said["unit"],
        minimum=next((_number(low) for low in [*lows, *above]), None),
        maximum=next((_number(high) for high in highs), None),
        above=bool(above),
        choices={choice: said["labels"].get(choice, choice) for choice in choices},
        default=info.default,
        unset=said["unset"],
        metavar=said["metavar"],
        sources=tuple(said["sources"]),
        tasks=tuple(said["tasks"]),
        targets=tuple(said["targets"]),
        page=said["page"],
        short=said["short"],
        aliases=tuple(said["aliases"]),
    )


def _kind(annotation: Any) -> tuple[Literal["switch", "whole", "number", "choice", "text"], Any]:
    """Return the kind of a type, and its choices if it has some."""
    inside = [part for part in typing.get_args(annotation) if part is not types.NoneType]
    if typing.get_origin(annotation) in (types.UnionType, typing.Union) and len(inside) == 1:
        annotation = inside[0]
    if typing.get_origin(annotation) is Literal:
        return "choice", typing.get_args(annotation)
    if annotation is bool:
        return "switch", ()
    return "whole" if annotation is int else "number" if annotation is float else "text", ()


def _digits(bound: float) -> str:
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


def _number(bound: Any) -> float:
    """Return a bound as the number it is: whole ones stay whole."""
    assert isinstance(bound, int | float)
    return bound
