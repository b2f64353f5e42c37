"""The examples in the docstrings of synth/formats run and give what they show."""

import doctest
import importlib
import pkgutil

import pytest

import synth.formats

MODULES = [
    f"synth.formats.{module.name}" for module in pkgutil.iter_modules(synth.formats.__path__)
]


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name: str) -> None:
    """Every example of the module gives the result written under it."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    """The examples were found, a dozen statements at least."""
    tried = sum(doctest.testmod(importlib.import_module(name)).attempted for name in MODULES)
    assert tried >= 12
