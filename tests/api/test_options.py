"""Keywords are the command line's options: the same names, values and defaults."""

import importlib
import inspect
import re
import typing

import click
import pytest

import chipgen
from chipgen.api.errors import FIELDS
from chipgen.api.options import Options
from chipgen.cli.main import COMMANDS
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
# And `plot --format`, which is for pipes: a path says it.
TERMINAL = {
    "quiet", "verbose", "help_all", "as_json", "report", "goes_on", "keep", "device",
    "picture_format",
}  # fmt: skip
FUNCTIONS = {
    "render": chipgen.render,
    "generate": chipgen.compose,
    "export": chipgen.render,
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
            str(choice)
            for part in (kind, *typing.get_args(kind))
            if typing.get_origin(part) is typing.Literal
            for choice in typing.get_args(part)
        }
        assert choices == set(FIELDS[keyword].choices), keyword


def test_help_has_every_keyword_in_python_s_words() -> None:
    """With its type, default and range; and none that a function does not take."""
    text = chipgen.compose.__doc__ or ""
    for keyword in FIELDS:
        assert re.search(rf"^{keyword} : .*, default ", text, re.MULTILINE), keyword
    assert "bars : int, default 16\n" in text
    assert "bits : {16, 24, '16', '24', 'float'}, default '16'" in text
    assert "Give 0 to 4096" in text
    for function in (chipgen.open, chipgen.arrange, chipgen.Song.save):
        shown = inspect.signature(function).parameters
        assert not {"bars", "temperature", "only", "fill", "meter", "from_scratch"} & set(shown)
    for function in (chipgen.render, chipgen.compose, chipgen.open, chipgen.batch):
        assert not re.search(r"--[a-z]|chipgen [a-z]+ |INPUT|OUT\b|SEED", function.__doc__ or "")


def test_songs_are_made_by_functions_alone() -> None:
    """The constructor shows nothing of how a song is kept."""
    assert not inspect.signature(chipgen.Song).parameters
    with pytest.raises(TypeError, match=r"chipgen\.open"):
        chipgen.Song()
