"""The examples in the chip's documentation strings give what they show."""

import doctest
import importlib
import pkgutil

import pytest

import synth.chip

MODULES = [f"synth.chip.{module.name}" for module in pkgutil.iter_modules(synth.chip.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    """Every example of the module runs and agrees."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    """The chip's pure helpers show examples at all."""
    tried = sum(doctest.testmod(importlib.import_module(name)).attempted for name in MODULES)
    assert tried >= 6
