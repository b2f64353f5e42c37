"""`chipgen train performer`: how notes are played is learned from a folder of the chip's songs."""

from pathlib import Path

import numpy as np
import pytest

from chipgen.models.registry import settings_file
from chipgen.music.midi import midi_bytes
from chipgen.performer.network import read_weights
from chipgen.performer.note_features import HEADS
from chipgen.training.train_performer import PerformerSettings
from chipgen.training.training_settings import load_settings
from tests.commandline import run
from tests.performer.chip_performances import performed

SMALL = (
    "model: performer\nevery: 1\nepochs: 3\nseed_notes: 16\nnew_notes: 8\nbatch: 2\n"
    "valid_passages: 8\n"
)


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    """Return a folder of one song to learn from, and one to be measured by."""
    for split in ("train", "valid"):
        (tmp_path / "songs" / split).mkdir(parents=True)
        (tmp_path / "songs" / split / "song.mid").write_bytes(midi_bytes(performed()))
    (tmp_path / "small.yaml").write_text(SMALL)
    return tmp_path / "songs"


def test_a_training_gives_what_composing_reads(songs: Path, tmp_path: Path) -> None:
    """Two trainings give the same weights, and a report with the baselines beside them."""
    words = ["train", "performer", "--config", tmp_path / "small.yaml", "--data", songs, "-o"]
    for name in ("a", "b"):
        made = run(*words, tmp_path / name)
        assert made.exit_code == 0, made.stderr
        assert "nats a note on valid" in made.stderr
    first, second = (read_weights(tmp_path / name / "performer.safetensors") for name in ("a", "b"))
    assert all((first[name] == second[name]).all() for name in first)
    assert any(np.abs(first[name]).max() > 0 for name in first)
    report = (tmp_path / "a" / "report.md").read_text()
    for column in (*HEADS, "usual in train", "usual in the seed"):
        assert column in report


def test_a_training_that_was_stopped_goes_on_to_the_same_weights(
    songs: Path, tmp_path: Path
) -> None:
    """A finished training that is resumed changes nothing."""
    words = ["train", "performer", "--config", tmp_path / "small.yaml", "--data", songs, "-o"]
    assert run(*words, tmp_path / "a").exit_code == 0
    before = (tmp_path / "a" / "performer.safetensors").read_bytes()
    again = run(*words, tmp_path / "a", "--resume")
    assert again.exit_code == 0, again.stderr
    assert (tmp_path / "a" / "performer.safetensors").read_bytes() == before


def test_the_shipped_settings_are_read() -> None:
    """They are settings of the performer."""
    assert load_settings(settings_file("performer"), PerformerSettings).model == "performer"


@pytest.mark.parametrize(
    ("words", "reason"),
    [(["--init", "shipped"], "begins from nothing"), (["--config", "wrong.yaml"], "epochs")],
)
def test_what_it_does_not_have_is_refused(
    words: list[str], reason: str, songs: Path, tmp_path: Path
) -> None:
    """One line says what."""
    (tmp_path / "wrong.yaml").write_text("model: performer\nepochs: 0\n")
    refused = run("train", "performer", "--data", songs, "-o", "run", *words, cwd=tmp_path)
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1), refused.stderr
    assert reason in refused.stderr
