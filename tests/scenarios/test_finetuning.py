"""Fine-tuning on a folder of one's own MIDI: it learns, lets itself be heard, and is usable."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
import yaml

from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import ModelInfo, load_model, read_model, save_model
from chipgen.models.registry import settings_file
from chipgen.models.row_transformer.network import RowTransformer, RowTransformerConfig
from chipgen.music.midi import read_midi
from chipgen.training.evaluate_rows import score_rows
from chipgen.training.rows_cache import prepare_rows
from chipgen.training.train_row_transformer import train
from chipgen.training.train_tonnetz_lstm import train as train_slices
from chipgen.training.training_request import TrainRequest
from chipgen.training.user_dataset import find_splits
from tests.commandline import run

EXAMPLES = Path(__file__).parents[2] / "examples"
SIZES = RowTransformerConfig(
    dim=32, layers=1, heads=1, head_dim=32, mlp=64, voice_dim=32, context=64, window=32
)

torch.set_num_threads(1)


def settings(path: Path, model: str = "row-transformer", **changes: Any) -> Path:
    """Write the shipped settings of fine-tuning, some changed."""
    values = yaml.safe_load(settings_file(model, finetune=True).read_text())
    path.write_text(yaml.safe_dump({**values, "threads": 1, **changes}))
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the checkpoint of a small model that knows nothing."""
    torch.manual_seed(0)
    model = RowTransformer(SIZES)
    path = tmp_path_factory.mktemp("init") / "small.safetensors"
    save_model(path, model, ModelInfo(model.name, model.describe()))
    return path


def test_fine_tuning_is_heard_epoch_by_epoch(small: Path, tmp_path: Path) -> None:
    """The command falls in loss, renders a take an epoch, and its checkpoint composes at once."""
    songs = tmp_path / "songs"
    songs.mkdir()
    for path in EXAMPLES.glob("*.mid"):
        shutil.copy(path, songs)
    (songs / "broken.mid").write_bytes(b"MThd nothing")
    config = settings(
        tmp_path / "c.yaml",
        epochs=1,
        matrix_rate=0.02,
        other_rate=0.01,
        average=0.5,
        warmup_steps=0,
    )
    mine = tmp_path / "mine"
    done = run(
        "train", "row-transformer", "--init", small, "--data", songs, "-o", mine, "--config", config
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "broken.mid is left out" in done.stderr
    lines = [json.loads(line) for line in (mine / "metrics.jsonl").read_text().splitlines()]
    losses = [line["valid_loss"] for line in lines]
    assert [line["epoch"] for line in lines] == [0, 1]
    assert losses[1] < losses[0]
    for epoch in range(2):
        sound, rate_hz = soundfile.read(mine / f"preview-epoch-{epoch:02d}.wav")
        assert len(sound) > 5 * rate_hz
        assert np.abs(sound).max() > 0.05
        score = read_midi(mine / f"preview-epoch-{epoch:02d}.mid")
        assert sum(len(track.notes) for track in score.tracks) > 20
    assert not list(mine.glob(".*.safetensors")), "what previews were made from is cleared away"
    page = (mine / "report.md").read_text()
    assert f"begun from {small}" in page
    assert "| begun from |" in page
    out = tmp_path / "out.mid"
    take = run(
        "generate", EXAMPLES / "seed.mid", "-o", out, "--bars", "2",
        "--model", mine / "row-transformer.safetensors",
    )  # fmt: skip
    assert take.exit_code == 0, take.output
    assert out.exists()


@pytest.mark.parametrize("learn", [train, train_slices])
def test_a_wrong_beginning_leaves_nothing_behind(learn: Any, tmp_path: Path) -> None:
    """A model that is not there is said before any song is prepared, so that a rerun can begin."""
    model = "row-transformer" if learn is train else "tonnetz-lstm"
    run_folder = tmp_path / "run"
    run_folder.mkdir()
    wish = TrainRequest(settings(tmp_path / "c.yaml", model), EXAMPLES, run_folder, init="nobody")
    with pytest.raises(ChipgenError, match="'nobody' is unknown"):
        learn(wish)
    assert not list(run_folder.iterdir())


def test_the_shipped_model_learns_the_examples(tmp_path: Path) -> None:
    """One epoch with the settings of fine-tuning, and the songs cost fewer nats than before."""
    run_folder = tmp_path / "run"
    run_folder.mkdir()
    config = settings(tmp_path / "c.yaml", epochs=1)
    path = train(TrainRequest(config, EXAMPLES, run_folder, init="shipped")).path
    songs = prepare_rows(sorted(EXAMPLES.glob("*.mid")))
    before = score_rows(load_model("row-transformer"), songs, every=2).summary()["nats_s"]
    after = score_rows(load_model(path), songs, every=2).summary()["nats_s"]
    assert after < before - 0.1
    info = read_model(path)[1]
    assert info.training["network"] == load_model("row-transformer").describe()


def test_slices_are_fine_tuned_too(tmp_path: Path) -> None:
    """The shipped tonnetz-lstm keeps its autoencoder, and what it keeps is no worse on valid."""
    run_folder = tmp_path / "run"
    run_folder.mkdir()
    predictor = yaml.safe_load(settings_file("tonnetz-lstm", finetune=True).read_text())
    few = {**predictor["predictor"], "epochs": 2}
    config = settings(tmp_path / "c.yaml", "tonnetz-lstm", predictor=few)
    request = TrainRequest(config, EXAMPLES, run_folder, init="shipped")
    path = train_slices(request).path
    lines = [json.loads(line) for line in (run_folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [0, 1, 2]
    kept, shipped = read_model(path), load_model("tonnetz-lstm").state_dict()
    assert kept[1].metrics["valid_nats"] == min(line["valid_loss"] for line in lines)
    encoder = "autoencoder.to_latent.weight"
    assert torch.equal(kept[0][encoder], shipped[encoder])
    assert not torch.equal(kept[0]["lstm.weight_hh_l0"], shipped["lstm.weight_hh_l0"])
    with pytest.raises(ChipgenError, match="is a row-transformer"):
        train_slices(replace(request, folder=tmp_path, init=_row_weights()))


def _row_weights() -> str:
    from chipgen.models.registry import weights_path

    return str(weights_path("row-transformer"))


@pytest.mark.parametrize("names", [["nes", "folk"], ["seed", "chorale", "piano"]])
def test_a_few_songs_are_enough(tmp_path: Path, names: list[str]) -> None:
    """One of two songs is held out, whatever lies beside them; with one song that is said."""
    (tmp_path / "more").mkdir()
    for name in names:
        shutil.copy(EXAMPLES / f"{name}.mid", tmp_path / "more" / f"{name}.MID")
    for index in range(8):
        (tmp_path / f"{index}.mid").write_bytes(bytes([index]) * 8)
    splits = find_splits(tmp_path)
    assert len(splits["valid"]) >= 1
    assert len(splits["train"]) >= 1
    assert len(splits["valid"]) + len(splits["train"]) == len(names)
    for name in names[1:]:
        (tmp_path / "more" / f"{name}.MID").unlink()
    with pytest.raises(ChipgenError, match="1 different songs of 9 MIDI files can be used"):
        find_splits(tmp_path)
