"""The keywords of the Python functions: one for each option of the command line."""

import difflib
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypedDict, TypeVar

from chipgen.errors import RequestError
from chipgen.request import ComposeRequest, Request, RequestField, request_fields

Function = TypeVar("Function", bound=Callable[..., Any])

FIELDS: Final[Mapping[str, RequestField]] = {
    field.keyword: field for field in request_fields(Request).values()
}
"""The fields of a request, by keyword."""

COMPOSING: Final = frozenset(
    field.keyword for field in request_fields(Request).values()
    if field.name in ComposeRequest.model_fields
)  # fmt: skip
"""Keywords that say what is composed, and so mean nothing once a song is there."""


class Options(TypedDict, total=False):
    """What can be asked for: the options of ``chipgen render``, with the same names and defaults.

    The `help` of each function lists them with their ranges. Where the command line takes a text,
    such as ``"9-12"`` for bars or ``"pulse1,noise"`` for voices, the keyword takes it too.
    """

    bars: int | None
    model: str
    temperature: float
    top_p: float
    key_bias: float
    seed: int
    drums: Literal["seed", "preset", "none"]
    band: Literal["auto", "full", "seed"]
    form: str
    chords: str
    end: Literal["auto", "cadence", "loop", "open"]
    without_input: bool
    only: str | list[str]
    keep: str | list[str]
    fill: str | tuple[int, int] | None
    loop: bool
    intro: bool
    key: str | None
    tempo: float | None
    from_scratch: bool
    meter: str | tuple[int, int]
    preset: str
    region: Literal["ntsc", "pal"] | None
    filter: Literal["none", "nes", "famicom"] | None
    ultrasonic: Literal["silent", "exact"]
    click_free: bool
    map: str
    poly: Literal["auto", "arp", "newest", "hold", "split"]
    echo: bool
    track: int
    keep_silence: bool
    seconds: float | None
    loop_marks: Literal["markers", "brackets", "cc111", "cc116"]
    format: str
    rate: int | None
    bits: Literal["16", "24", "float"]
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


def make_request(options: Mapping[str, Any], usual: Request | None = None) -> Request:
    """Return the request that keywords make.

    Parameters
    ----------
    options
        Values by keyword.
    usual
        What was asked for before; keywords given now count more.

    Raises
    ------
    RequestError
        If a keyword is unknown, or a value is out of its range; it names the keyword.
    """
    given = {} if usual is None else usual.model_dump(exclude_unset=True)
    fields = {}
    for keyword, value in options.items():
        if keyword not in FIELDS:
            near = difflib.get_close_matches(keyword[:64], FIELDS, 1)
            likely = f"did you mean {near[0]}?" if near else f"there are {', '.join(FIELDS)}"
            raise RequestError(f"{keyword[:64]!r} is no option; {likely}")
        name = FIELDS[keyword].name
        fields[name] = value.item() if hasattr(value, "item") else value
    for name in ("preset", "model"):
        if name in fields:
            fields[name] = str(fields[name])
    try:
        return Request(**{**given, **fields})
    except RequestError as error:
        raise in_keywords(error) from None


def in_keywords(error: RequestError) -> RequestError:
    """Return an error that names keywords where it named options of the command line."""
    return RequestError(
        re.sub(r"--([a-z][a-z-]*[a-z])", lambda found: found[1].replace("-", "_"), str(error))
    )


def takes_options(function: Function) -> Function:
    """Show every keyword of `Options` in a function's signature and help, with its default."""
    signature = inspect.signature(function)
    own = [
        parameter for parameter in signature.parameters.values()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]  # fmt: skip
    said = {parameter.name for parameter in own}
    fields = {keyword: field for keyword, field in FIELDS.items() if keyword not in said}
    more = [
        inspect.Parameter(
            keyword, inspect.Parameter.KEYWORD_ONLY, default=field.default,
            annotation=Options.__annotations__[keyword],
        )
        for keyword, field in fields.items()
    ]  # fmt: skip
    function.__signature__ = signature.replace(parameters=[*own, *more])  # type: ignore[attr-defined]
    told = "\n".join(f"{keyword}\n    {_explain(field)}" for keyword, field in fields.items())
    text = inspect.cleandoc(function.__doc__ or "")
    function.__doc__ = f"{text}\n\nOther Parameters\n----------------\n{told}\n"
    return function


def _explain(field: RequestField) -> str:
    """Return a field's help with what is allowed, in keywords."""
    allowed = "" if field.kind in ("switch", "text") else f" Give {field.allowed}."
    unset = f" By default {field.unset}." if field.unset else ""
    return str(in_keywords(RequestError(f"{field.help}{allowed}{unset}")))
