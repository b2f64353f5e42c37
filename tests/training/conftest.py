"""Fixtures that these tests share."""

from pathlib import Path

import pytest
import torch
import yaml

from tests.songs import write_songs
from tests.training.slice_training import SETTINGS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a few made-up songs in train/ and valid/."""
    return write_songs(tmp_path_factory.mktemp("songs"))


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Give torch one thread: small sums only get in each other's way on more."""
    torch.set_num_threads(1)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return the path of small settings."""
    path = tmp_path / "settings.yaml"
    path.write_text(yaml.safe_dump(SETTINGS))
    return path
