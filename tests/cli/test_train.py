"""`chipgen train` refuses in one line what it cannot do."""

from pathlib import Path

import pytest

from chipgen.cli.train import command as train
from chipgen.errors import ChipgenError
from tests.cli.invoke import run


def test_train_refuses_what_it_cannot_do(folder: Path, tmp_path: Path) -> None:
    """Unknown models, used folders, nothing to resume, missing settings: one line each."""
    with pytest.raises(ChipgenError, match="choose one of chords"):
        run(train, "nothing", "--data", folder, "-o", tmp_path / "run")
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "file").touch()
    with pytest.raises(ChipgenError, match="--resume"):
        run(train, "tonnetz-lstm", "--data", folder, "-o", tmp_path / "used")
    with pytest.raises(ChipgenError, match="no run to resume"):
        run(train, "tonnetz-lstm", "--data", folder, "-o", tmp_path / "none", "--resume")
    with pytest.raises(ChipgenError, match="settings file"):
        run(train, "tonnetz-lstm", "--data", folder, "-o", tmp_path / "r", "--config", "none.yaml")
    with pytest.raises(ChipgenError, match="no split 'valid'"):
        run(train, "tonnetz-lstm", "--data", folder, "-o", tmp_path / "run")
    assert not (tmp_path / "run").exists(), "a run that does not begin leaves nothing"
