"""The table leaves out songs that the training songs hold too."""

import shutil
from pathlib import Path

import pytest

from chipgen.errors import ChipgenError
from chipgen.training.rows_table import report_rows
from chipgen.training.train_row_transformer import train
from tests.songs import write_song
from tests.training.row_training import request


def test_a_report_leaves_out_what_train_has_too(folder: Path, tmp_path: Path) -> None:
    """A song of valid that is a training song under another name, a tick late, is told apart."""
    data = tmp_path / "data"
    shutil.copytree(folder, data)
    write_song(data / "valid" / "again.mid", seed=0, late_ticks=1)
    config = {"steps": 2, "evaluate_steps": 0, "epochs": None}
    path = train(request(folder, tmp_path / "run", **config)).path
    compared = report_rows(str(path), data, "rows")
    assert [compared.songs.names[index] for index in compared.repeated or ()] == ["again.mid"]
    alone = report_rows(str(path), folder, "rows")
    assert alone.repeated == []
    for (name, less), (other, whole) in zip(
        compared.totals(without_repeated=True), alone.totals(), strict=True
    ):
        assert name == other
        assert less.summary() == pytest.approx(whole.summary())
    text = compared.text()
    assert "rows: valid, 3 songs" in text
    assert "without 1 songs that train has too (again.mid)" in text
    assert text.count("bigram") == 2
    frames = report_rows(str(path), folder, "frames12").text()
    assert "12.0" in frames
    with pytest.raises(ChipgenError, match="test"):
        report_rows(str(path), folder, "rows", "test")
    shutil.rmtree(data / "train")
    assert report_rows(str(path), data, "rows").repeated is None
