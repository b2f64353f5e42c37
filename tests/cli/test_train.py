"""`chipgen train` refuses in one line what it cannot do."""

from pathlib import Path

import pytest

from chipgen.cli.train import command as train
from chipgen.errors import ChipgenError
from synth.errors import SynthError
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
    with pytest.raises(SynthError, match=r"none\.yaml does not exist"):
        run(train, "tonnetz-lstm", "--data", folder, "-o", tmp_path / "r", "--config", "none.yaml")
    with pytest.raises(ChipgenError, match="no split 'valid'"):
        run(train, "tonnetz-lstm", "--data", folder, "-o", tmp_path / "run")
    assert not (tmp_path / "run").exists(), "a run that does not begin leaves nothing"


def test_a_folder_without_a_run_is_not_resumed(folder: Path, tmp_path: Path) -> None:
    """Files that a run would write over at its end, and no state of one: they are someone's."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "report.md").write_text("mine")
    (tmp_path / "cached").mkdir()
    (tmp_path / "cached" / "slices.cache").write_text("mine")
    with pytest.raises(ChipgenError, match="cannot be resumed"):
        run(train, "tonnetz-lstm", "--data", folder, "-o", tmp_path / "mine", "--resume")
    (folder / "valid").mkdir()
    (folder / "valid" / "a.mid").write_bytes(next((folder / "train").iterdir()).read_bytes())
    words = ("--data", folder, "-o", tmp_path / "new" / "run", "--cache", tmp_path / "cached")
    with pytest.raises(ChipgenError, match="is not a data cache"):
        run(train, "tonnetz-lstm", *words)
    assert not (tmp_path / "new").exists(), "nor do the folders above it stay"
    (tmp_path / "file").touch()
    with pytest.raises(ChipgenError, match="file is a file; name a folder for prepared data"):
        run(train, "tonnetz-lstm", *words[:-1], tmp_path / "file")
    with pytest.raises(ChipgenError, match="file: neither its first bytes"):
        run(train, "tonnetz-lstm", *words[:-2], "--preview", tmp_path / "file")
    assert not (tmp_path / "new").exists()
    assert (tmp_path / "cached" / "slices.cache").read_text() == "mine"
