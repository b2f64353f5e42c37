"""Says errors in the words of Python: keywords for options, no temporary files."""

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from chipgen.api.sources import without_folders
from chipgen.errors import RequestError
from chipgen.request import Request, RequestField, request_fields
from synth.chip.voices import VOICES
from synth.errors import SynthError, UnknownNameError

Function = TypeVar("Function", bound=Callable[..., Any])

FIELDS: Final[Mapping[str, RequestField]] = {
    field.keyword: field for field in request_fields(Request).values()
}
"""The fields of a request, by keyword."""

_CALLS: Final = {
    "chipgen preset list": "chipgen.list_presets()",
    "chipgen model list": "chipgen.list_models()",
    "chipgen devices": "chipgen.list_devices()",
    "chipgen render": "chipgen.render()",
    "render --as-is": "chipgen.open()",
    "--as-is, --bars 0": "bars=0",
}
_SWITCHES: Final = frozenset(("as_is", "force", "in_place")) | {
    keyword for keyword, field in FIELDS.items() if field.kind == "switch"
}
_OPTION: Final = re.compile(r"--([a-z][a-z-]*[a-z])(?: ([\w=:'-]*[\w=']\b)(?! is not allowed))?")


def in_python(text: str) -> str:
    """Return a message with keywords and functions for options and commands.

    Examples
    --------
    >>> in_python("a.wav exists; add --force to replace it")
    'a.wav exists; add force=True to replace it'
    >>> in_python("compose with --bars 1 or more, or leave out --end open and --top-p")
    "compose with bars=1 or more, or leave out end='open' and top_p"
    """
    text = without_folders(text)
    for command, call in _CALLS.items():
        text = text.replace(command, call)
    return _OPTION.sub(_keyword, text)


def _keyword(found: re.Match[str]) -> str:
    keyword, word = found[1].replace("-", "_"), found[2] or ""
    rest = f" {word}" if word else ""
    if keyword in _SWITCHES:
        return f"{keyword}=True{rest}"
    field = FIELDS.get(keyword)
    if field is None or not word:
        return keyword + rest
    if word.isdecimal():
        return f"{keyword}={word}"
    if word in field.choices or word in VOICES or "=" in word:
        return f"{keyword}={word!r}"
    return keyword + rest


def speaks_python(function: Function) -> Function:
    """Return a function whose errors speak Python; what is asked for wrongly is a RequestError."""

    @functools.wraps(function)
    def call(*args: Any, **keywords: Any) -> Any:
        try:
            return function(*args, **keywords)
        except (RequestError, UnknownNameError) as error:
            raise RequestError(in_python(str(error))) from None
        except SynthError as error:
            error.args = (in_python(str(error)),)
            raise

    return call  # type: ignore[return-value]
