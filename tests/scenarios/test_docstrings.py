"""The examples in docstrings give what they show."""

import doctest
import importlib
from pathlib import Path

import pytest

from tests.scenarios.test_tree import ROOT, modules

SHOWING = [path for path in modules() if ">>> " in (ROOT / path).read_text()]


@pytest.mark.parametrize("module", SHOWING, ids=str)
def test_examples_in_docstrings_are_true(module: Path) -> None:
    """Every example of a module runs and gives what is printed below it."""
    name = ".".join(module.with_suffix("").parts)
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.attempted
    assert not outcome.failed


def test_many_modules_show_examples() -> None:
    """Helpers of both packages are explained by example."""
    assert len(SHOWING) > 50
