"""`chipgen train separator`: the arranger's network is fitted by a command, the same each time."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from chipgen.arranging import separator
from chipgen.models.registry import settings_file
from chipgen.training.train_separator import SeparatorSettings
from chipgen.training.training_settings import load_settings
from tests.commandline import run
from tests.songs import write_songs

SHIPPED = Path(separator.__file__).with_name(separator.WEIGHTS_FILE)
SMALL = "model: separator\nepochs: 1\nstream_epochs: 1\nchannels: 8\nlayers: 2\nhidden: 4\n"


def test_a_fit_gives_what_the_arranger_reads(tmp_path: Path) -> None:
    """Two fits give the same bytes, under the names of the shipped weights, and a report."""
    songs = write_songs(tmp_path / "songs", train=2, valid=1)
    (tmp_path / "small.yaml").write_text(SMALL)
    words = ["train", "separator", "--config", tmp_path / "small.yaml", "--data", songs, "-o"]
    for name in ("a", "b"):
        made = run(*words, tmp_path / name)
        assert made.exit_code == 0, made.stderr
        assert "nats a note on train; 2 songs" in made.stderr
    first, second = (tmp_path / name / "separator.safetensors" for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()
    assert "| 1 |" in (tmp_path / "a" / "report.md").read_text()
    shipped, fitted = load_file(SHIPPED), load_file(first)
    depths = {name for name in shipped if not any(f".{k}." in name for k in range(2, 8))}
    assert set(fitted) == depths
    assert all(np.isfinite(value.astype(np.float32)).all() for value in fitted.values())


def test_the_shipped_settings_are_the_shipped_weights() -> None:
    """The settings in the package have the sizes of the weights beside them."""
    settings = load_settings(settings_file("separator"), SeparatorSettings)
    weights = load_file(SHIPPED)
    assert weights["emb.weight"].shape == (settings.embedding, settings.channels)
    assert weights["a.weight"].shape[0] == settings.hidden
    assert f"conv.{settings.layers - 1}.weight" in weights


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--init", "shipped"], "fitted from nothing"),
        (["--resume"], "cannot be resumed"),
        (["--config", "wrong.yaml"], "epochs"),
    ],
)
def test_what_a_fit_does_not_have_is_refused(words: list[str], reason: str, tmp_path: Path) -> None:
    """Options of the models' trainings that mean nothing here are refused in a line."""
    songs = write_songs(tmp_path / "songs", train=1, valid=1)
    (tmp_path / "wrong.yaml").write_text("model: separator\nepochs: 0\n")
    (tmp_path / "run").mkdir()
    if "--resume" in words:
        (tmp_path / "run" / "separator.safetensors").write_bytes(b"")
    refused = run("train", "separator", "--data", songs, "-o", "run", *words, cwd=tmp_path)
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1), refused.stderr
    assert reason in refused.stderr
