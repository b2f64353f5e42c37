"""Keywords are the command line's options: the same names, values and defaults."""

import importlib
import inspect
import re
import typing

import click
import pytest

import chipgen
from chipgen.api.options import FIELDS, Options, make_request
from chipgen.cli.main import COMMANDS
from chipgen.errors import RequestError
from chipgen.request import Request, request_fields

# What is no part of a request: parameters of a function of their own, or of the terminal alone.
OWN = {
    "output",
    "as_is",
    "midi_path",
    "takes",
    "jobs",
    "on",
    "force",
    "in_place",
    "source",
    "folder",
}
TERMINAL = {"quiet", "verbose", "help_all", "as_json", "report", "goes_on", "keep", "device"}
FUNCTIONS = {
    "render": chipgen.render,
    "generate": chipgen.compose,
    "export": chipgen.open,
    "arrange": chipgen.arrange,
    "batch": chipgen.batch,
    "plot": chipgen.Song.plot,
    "play": chipgen.compose,
}


def options_of(command: str) -> dict[str, click.Option]:
    """Return a command's options by name."""
    found: click.Command = importlib.import_module(COMMANDS[command][0]).command
    return {str(p.name): p for p in found.params if isinstance(p, click.Option)}


@pytest.mark.parametrize("command", FUNCTIONS)
def test_every_option_has_its_keyword(command: str) -> None:
    """With the flag's name, and the default that the command line has."""
    parameters = inspect.signature(FUNCTIONS[command]).parameters
    fields = request_fields(Request)
    for name, option in options_of(command).items():
        if name in TERMINAL or (command == "plot" and name == "in_place"):
            continue
        if name not in fields:
            keyword = name.removesuffix("_path")
            of_file = command in ("export", "generate", "arrange") and name in OWN
            saves = inspect.signature(chipgen.Song.save).parameters
            assert keyword in parameters or of_file or keyword in saves | {"output": 0}, name
            continue
        keyword = max(option.opts, key=len).removeprefix("--").replace("-", "_")
        assert keyword in Options.__annotations__
        if command not in ("plot",):
            assert parameters[keyword].default == fields[name].default
            assert parameters[keyword].kind is inspect.Parameter.KEYWORD_ONLY


def test_options_are_the_fields() -> None:
    """No keyword is missing, none is more, and each that is typed as a choice has its choices."""
    assert list(Options.__annotations__) == [*Options.__annotations__]
    assert set(Options.__annotations__) == set(FIELDS)
    for keyword, kind in typing.get_type_hints(Options).items():
        choices = {
            choice
            for part in (kind, *typing.get_args(kind))
            if typing.get_origin(part) is typing.Literal
            for choice in typing.get_args(part)
        }
        assert choices == set(FIELDS[keyword].choices), keyword


def test_wrong_keywords_and_values_are_told_in_python_s_words() -> None:
    """The nearest keyword is named, and options of the command line are not spoken of."""
    with pytest.raises(RequestError, match="'bas' is no option; did you mean bars"):
        make_request({"bas": 2})
    with pytest.raises(RequestError, match=r"^bars 9999 is not allowed; give 0 to 4096"):
        make_request({"bars": 9999})
    with pytest.raises(RequestError, match=r"^only and keep say the same"):
        make_request({"only": ["noise"], "keep": "pulse1"})


def test_help_lists_every_keyword() -> None:
    """`help(chipgen.compose)` has each with its range."""
    text = chipgen.compose.__doc__ or ""
    for keyword in FIELDS:
        assert f"\n{keyword}\n" in text
    assert "Give 0 to 4096" in text
    assert not re.search(r"--[a-z]", text)
