"""The example seeds by name."""

import tomllib
from pathlib import Path

import pytest

from chipgen.app.examples import EXAMPLES, example_path
from chipgen.errors import RequestError
from chipgen.music.formats import read_score

ROOT = Path(__file__).parents[2]


def test_every_example_is_installed_and_read() -> None:
    """The wheel carries each, and each is a score."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packed = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for name in EXAMPLES:
        assert packed[f"examples/{name}.mid"] == f"chipgen/examples/{name}.mid"
        assert read_score(example_path(name)).tracks


def test_a_mistyped_example_is_told_the_nearest() -> None:
    """It is wrong usage."""
    with pytest.raises(RequestError, match="did you mean groove"):
        example_path("example:grove")
