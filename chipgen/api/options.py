"""The keywords of the Python functions: one for each option of the command line."""

import difflib
import inspect
import os
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal, TypedDict, TypeVar

import numpy as np

from chipgen.api.errors import FIELDS, in_python, speaks_python
from chipgen.errors import RequestError
from chipgen.request import ComposeRequest, Request, RequestField, request_fields
from chipgen.request.base import RequestPart
from chipgen.request.output_fields import DeliveryFields, ExportFields, FormatFields, NotesFields
from chipgen.request.sound_fields import ArrangeFields, SoundFields

Function = TypeVar("Function", bound=Callable[..., Any])

COMPOSING: Final = frozenset(
    field.keyword for field in request_fields(Request).values()
    if field.name in ComposeRequest.model_fields
)  # fmt: skip
"""Keywords that say what is composed, and so mean nothing once a song is there."""

HEARD: Final = (SoundFields, ArrangeFields)
"""What is asked of the sound."""

WRITTEN: Final = (FormatFields, NotesFields, DeliveryFields, ExportFields)
"""What is asked of files."""

SAVED: Final = frozenset(
    field.keyword for part in (*HEARD, *WRITTEN) for field in request_fields(part).values()
) | {"seconds"}
"""The keywords that a song is saved with."""


class Options(TypedDict, total=False):
    """What can be asked for: the options of ``chipgen render``, with the same names and defaults.

    The `help` of each function lists those that it takes, with their ranges. Where the command line
    takes a text, such as ``"9-12"`` for bars or ``"pulse1,noise"`` for voices, the keyword takes it
    too.
    """

    bars: int
    model: str | os.PathLike[str]
    temperature: float
    top_p: float
    key_bias: float
    seed: int
    drums: Literal["seed", "preset", "none"]
    band: Literal["auto", "full", "seed"]
    form: str | list[str]
    chords: str | list[str]
    end: Literal["auto", "cadence", "loop", "open"]
    without_input: bool
    only: str | list[str]
    keep: str | list[str]
    fill: str | int | tuple[int, int] | range | None
    density: float | None
    pitches: str | tuple[int, int] | None
    keep_rhythm: bool
    loop: bool
    intro: bool
    key: str | None
    tempo: float | None
    from_scratch: bool
    meter: str | tuple[int, int]
    preset: str | os.PathLike[str]
    region: Literal["ntsc", "pal"] | None
    filter: Literal["none", "nes", "famicom"] | None
    ultrasonic: Literal["silent", "exact"]
    click_free: bool
    map: str
    poly: Literal["auto", "arp", "newest", "hold", "split"]
    echo: bool
    track: int | str
    keep_silence: bool
    seconds: float | None
    loop_marks: Literal["markers", "brackets", "cc111", "cc116"]
    format: str
    rate: int | None
    bits: Literal[16, 24, "16", "24", "float"]
    normalize: bool
    loudness: bool
    stems: Literal["isolated", "apu"] | None
    loops: int | None
    fade: float
    loop_points: bool
    split_intro: bool
    exact_loop: bool
    title: str | None
    artist: str | None
    copyright: str | None
    find_loop: bool
    beat_rows: bool


def make_request(options: Mapping[str, Any], usual: Request | None = None) -> Request:
    """Return the request that keywords make.

    Parameters
    ----------
    options
        Values by keyword, all known.
    usual
        What was asked for before; keywords given now count more.

    Raises
    ------
    RequestError
        If a value is out of its range; it names the option.
    """
    given = {} if usual is None else usual.model_dump(exclude_unset=True)
    fields = {FIELDS[key].name: _plain(FIELDS[key], value) for key, value in options.items()}
    return Request(**{**given, **fields})


def _plain(field: RequestField, value: Any) -> Any:
    """Return what a request takes for a value as Python has it."""
    if isinstance(value, np.generic):
        value = value.item()
    if field.name in ("preset", "model") and isinstance(value, os.PathLike):
        return os.fspath(value)
    if field.choices and type(value) is int:
        return str(value)
    if field.name == "bars" and value is None:  # without end, which no song is
        raise RequestError(f"{field.flag} None is not allowed; give {field.allowed}")
    return value


def takes_options(
    *parts: type[RequestPart], also: Iterable[str] = ()
) -> Callable[[Function], Function]:
    """Return a decorator that shows and checks a function's keywords.

    Parameters
    ----------
    parts
        Of a request, whose fields are its keywords; the whole request if none is given.
    also
        Keywords to add.
    """
    names = {
        field.keyword for part in parts or (Request,) for field in request_fields(part).values()
    }
    allowed = [key for key in FIELDS if key in names | {*also}]

    def decorate(function: Function) -> Function:
        own = [
            parameter for parameter in inspect.signature(function).parameters.values()
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        ]  # fmt: skip
        said = [parameter.name for parameter in own]
        fields = {keyword: FIELDS[keyword] for keyword in allowed if keyword not in said}

        def call(*args: Any, **keywords: Any) -> Any:
            for keyword in keywords:
                if keyword not in fields and keyword not in said:
                    raise RequestError(_no_option(keyword, function.__qualname__, [*said, *fields]))
            return function(*args, **keywords)

        call.__doc__ = f"{inspect.cleandoc(function.__doc__ or '')}\n\n{_told(fields)}"
        call.__signature__ = _signature(function, own, fields)  # type: ignore[attr-defined]
        for name in ("__module__", "__name__", "__qualname__", "__annotations__"):
            setattr(call, name, getattr(function, name))
        return speaks_python(call)  # type: ignore[return-value]

    return decorate


def _no_option(keyword: str, function: str, known: list[str]) -> str:
    called = f"{function}()" if "." in function else f"chipgen.{function}()"
    if keyword in COMPOSING:
        return f"{keyword}: {called} composes nothing; give it to chipgen.compose()"
    if keyword in FIELDS:
        return f"{keyword} is no option of {called}: leave it out"
    known = [name for name in known if name != "self"]
    near = difflib.get_close_matches(keyword[:64], known, 1)
    likely = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    return f"{keyword[:64]!r} is no option; {likely}"


def _signature(
    function: Callable[..., Any],
    own: list[inspect.Parameter],
    fields: Mapping[str, RequestField],
) -> inspect.Signature:
    more = [
        inspect.Parameter(
            keyword, inspect.Parameter.KEYWORD_ONLY, default=_default(field),
            annotation=Options.__annotations__[keyword],
        )
        for keyword, field in fields.items()
    ]  # fmt: skip
    return inspect.signature(function).replace(parameters=[*own, *more])


def _default(field: RequestField) -> Any:
    """Return a field's default as Python's own value."""
    return tuple(field.default) if isinstance(field.default, tuple) else field.default


def _told(fields: Mapping[str, RequestField]) -> str:
    """Return the section of a docstring that lists keywords with their types and ranges."""
    lines = [
        f"{keyword} : {_type_text(Options.__annotations__[keyword])}, default {_default(field)!r}"
        f"\n    {_explain(keyword, field)}"
        for keyword, field in fields.items()
    ]
    return "\n".join(["Other Parameters", "----------------", *lines, ""])


def _type_text(kind: Any) -> str:
    """Return a type as docstrings write it.

    Examples
    --------
    >>> _type_text(str | list[str]), _type_text(Literal["a", "b"] | None)
    ('str or list of str', "{'a', 'b'} or None")
    """
    parts = typing.get_args(kind)
    match typing.get_origin(kind):
        case typing.Literal:
            return f"{{{', '.join(map(repr, parts))}}}"
        case types.UnionType | typing.Union:
            return " or ".join(map(_type_text, parts))
        case origin if origin is list:
            return f"list of {_type_text(parts[0])}"
        case origin if origin is tuple:
            return f"tuple of {len(parts)} {_type_text(parts[0])}"
        case os.PathLike:
            return "path"
    return "None" if kind is types.NoneType else str(kind.__name__)


_SAID: Final = {
    "track": "Song to read from a chip file or a MIDI file of format 2 that holds several, counted "
    "from 1; chipgen.batch() takes 'all' too.",
    "from_scratch": "Compose without a source, as compose() does anyway.",
}  # where the command line's own help is about more


def _explain(keyword: str, field: RequestField) -> str:
    """Return a field's help with what is allowed, in keywords."""
    allowed = f" Give {field.allowed}." if field.kind in ("whole", "number") else ""
    unset = f" By default {field.unset}." if field.unset else ""
    return in_python(f"{_SAID.get(keyword, field.help)}{allowed}{unset}")
