"""Writes a request as command line arguments."""

from collections.abc import Iterable
from typing import Any

from chipgen.request.compose_fields import ComposeRequest
from chipgen.request.field import RequestField, request_fields, says_something
from chipgen.request.request import Request, applies
from chipgen.request.targets import Target


def words_of(
    request: Request, target: Target, kind: str = "score", without: Iterable[str] = ()
) -> list[str]:
    """Return the options that ask for the same, of those that apply.

    What the composer is asked for is said where it is the default too, which may change one day.

    Parameters
    ----------
    request
        What is asked for.
    target
        What is made.
    kind
        Which of `chipgen.request.field.SOURCES` there is.
    without
        Names of fields that are left out.

    Examples
    --------
    >>> from chipgen.music.formats import MIDI
    >>> from chipgen.request.targets import target_of
    >>> words_of(Request(bars=0, key="D minor"), target_of(MIDI))
    ['--bars', '0', '--key', 'D minor']
    """
    words: list[str] = []
    values = request.model_dump(mode="json")
    for name, field in request_fields(Request).items():
        said = name in request.model_fields_set or name in ComposeRequest.model_fields
        if said and name not in without and applies(field, kind, target, request.task):
            words += _words(field, values[name])
    return words


def word_of(value: Any) -> str:
    """Return a value as the command line takes it.

    Examples
    --------
    >>> word_of(0.95), word_of(1.0), word_of(["pulse1", "noise"])
    ('0.95', '1', 'pulse1,noise')
    """
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    if isinstance(value, list):
        return ",".join(value)
    return str(value)


def _words(field: RequestField, value: Any) -> list[str]:
    if not says_something(value) or value == []:
        return []
    return [field.flag] if value is True else [field.flag, word_of(value)]
