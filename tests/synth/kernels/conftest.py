"""Fixtures that these tests share."""

from pathlib import Path

import pytest

from tests.synth.kernels.tree import Tree, plant


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Return a package whose library is built; tests change copies of it."""
    tree = plant(tmp_path_factory.mktemp("original") / "tree")
    tree.build()
    return tree


@pytest.fixture
def tree(original: Tree, tmp_path: Path) -> Tree:
    """Return such a package for one test."""
    return original.copy(tmp_path / "tree")
