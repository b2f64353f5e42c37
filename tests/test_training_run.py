"""A training run improves, survives being killed, and ends in the same weights as if it was not."""

import json
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from chipgen.dataset.cache import SliceData, save_cache
from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import load_model, read_model
from chipgen.models.registry import settings_file
from chipgen.models.tonnetz_lstm.network import TonnetzLstm, TonnetzLstmConfig
from chipgen.training.baselines import Marginal
from chipgen.training.config import load_settings
from chipgen.training.curves import Curves, read_metrics
from chipgen.training.evaluate_slices import evaluate_slices
from chipgen.training.model_predictor import ModelPredictor
from chipgen.training.slices_objectives import PredictorTask, transpose
from chipgen.training.slices_settings import TonnetzLstmSettings
from chipgen.training.train_tonnetz_lstm import train as train_request
from chipgen.training.training_request import TrainRequest
from tests.commandline import run
from tests.killed_training import run_killed
from tests.tunes import make_data, make_songs

torch.set_num_threads(1)  # small sums: threads only get in each other's way

SETTINGS = {
    "model": "tonnetz-lstm",
    "seed": 7,
    "checkpoint_s": 0,
    "transpose": 2,
    "network": {"maps": [3, 2], "latent": 8, "hidden": 12, "window": 4, "echoes": 1, "key": 4},
    "autoencoder": {"epochs": 2, "learning_rate": 0.01, "batch_slices": 64},
    "predictor": {
        "epochs": 3,
        "learning_rate": 0.02,
        "warmup_steps": 2,
        "crop_slices": 24,
        "batch_slices": 100,
        "warmup_slices": 2,
    },
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return the path of small settings."""
    path = tmp_path / "settings.yaml"
    path.write_text(yaml.safe_dump(SETTINGS))
    return path


def train(config: Path, data: SliceData, folder: Path) -> Path:
    """Train on prepared data and return the checkpoint."""
    cache = config.with_name("tunes.cache")
    if not cache.exists():
        save_cache(data, cache, overwrite=False)
    return train_request(TrainRequest(config, cache, folder)).path


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """Return the weights a run ended with."""
    return read_model(folder / "tonnetz-lstm.safetensors")[0]


def test_killed_and_resumed_is_as_if_nothing_happened(config: Path, tmp_path: Path) -> None:
    """Kill −9 while the predictor's state is written, resume: the same weights and figures."""
    data = make_data(6, 2)
    (tmp_path / "whole").mkdir()
    train(config, data, tmp_path / "whole")

    killed = tmp_path / "killed"
    arguments = ["train", "tonnetz-lstm", "--config", config, "--data", tmp_path / "tunes.cache"]
    arguments += ["-o", killed]
    run_killed(killed / "predictor.state.pt", 3, *arguments)
    resumed = run(*arguments, "--resume")
    assert resumed.exit_code == 0, resumed.output
    ours, theirs = weights(killed), weights(tmp_path / "whole")
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)

    def figures(folder: Path) -> list[dict[str, float]]:
        lines = (folder / "metrics.jsonl").read_text().splitlines()
        return [{k: v for k, v in json.loads(x).items() if k != "seconds"} for x in lines]

    assert figures(killed) == figures(tmp_path / "whole")


def test_training_learns_and_tells_where_it_comes_from(config: Path, tmp_path: Path) -> None:
    """A few epochs beat plain frequencies; the checkpoint holds settings, data and figures."""
    predictor = {**SETTINGS["predictor"], "epochs": 8}
    values = {**SETTINGS, "checkpoint_s": 60, "predictor": predictor}
    config.write_text(yaml.safe_dump(values))
    data = make_data(train=40)
    path = train(config, data, tmp_path)
    info = read_model(path)[1]
    assert info.data_fingerprint == "made up"
    assert info.training["seed"] == 7
    songs = data.songs["valid"]
    result = evaluate_slices(songs, ModelPredictor(load_model(path)))
    assert result.nats == pytest.approx(info.metrics["valid_nats"], abs=0.02)
    assert result.nats < evaluate_slices(songs, Marginal.fit(data.songs["train"])).nats
    assert list((tmp_path / "curves").iterdir()), "TensorBoard has something to show"
    lines = [json.loads(x) for x in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [x["stage"] for x in lines] == ["autoencoder"] * 2 + ["predictor"] * 8
    again = train(config, data, tmp_path)
    assert read_model(again)[1] == info, "a finished run stays as it is"
    page = (tmp_path / "report.md").read_text()
    assert f"| tonnetz-lstm | {result.nats:.3f} |" in page
    assert "| per-cell Markov |" in page
    assert "](report-loss.png)" in page
    assert (tmp_path / "report-loss.png").stat().st_size > 5_000


def test_a_run_is_resumed_with_its_own_settings_only(config: Path, tmp_path: Path) -> None:
    """Other settings in the same folder are refused, and the message names what differs."""
    data = make_data(4, 2)
    folder = tmp_path / "run"
    folder.mkdir()
    train(config, data, folder)
    config.write_text(yaml.safe_dump({**SETTINGS, "seed": 8}))
    with pytest.raises(ChipgenError, match="another settings"):
        train(config, data, folder)


def test_training_stops_when_it_no_longer_helps(config: Path, tmp_path: Path) -> None:
    """With a hopeless learning rate the run ends after `patience` epochs without progress."""
    predictor = {**SETTINGS["predictor"], "epochs": 30, "patience": 2, "learning_rate": 30.0}
    values = {**SETTINGS, "checkpoint_s": 60, "predictor": predictor}
    config.write_text(yaml.safe_dump(values))
    train(config, make_data(4, 2), tmp_path)
    lines = [json.loads(x) for x in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    losses = [x["valid_loss"] for x in lines if x["stage"] == "predictor"]
    best = int(np.argmin(losses))
    assert len(losses) == best + 3 < 30


def test_shipped_settings_are_the_cards_sizes() -> None:
    """Two convolutions of 20 and 10 maps, latent 128, two layers of 256, a window of 16."""
    settings = load_settings(settings_file("tonnetz-lstm"), TonnetzLstmSettings)
    sizes = settings.network
    assert (sizes.maps, sizes.latent, sizes.hidden, sizes.layers) == ((20, 10), 128, 256, 2)
    assert sizes.window == 16
    assert settings.predictor.patience == 5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": -1}, "seed"),
        ({"predictor": {"epochs": 1}}, r"predictor\.learning_rate"),
        ({"speed": 3}, "speed"),
        ({"model": "other"}, "model"),
    ],
)
def test_settings_are_checked(config: Path, change: dict[str, object], words: str) -> None:
    """Unknown and impossible values are refused by name."""
    config.write_text(yaml.safe_dump({**SETTINGS, **change}))
    with pytest.raises(ChipgenError, match=words):
        load_settings(config, TonnetzLstmSettings)


def test_an_epoch_hears_every_song_once() -> None:
    """The pieces of an epoch cover each song without overlap, but for too short ends."""
    songs = [*make_songs(5, 1, 20), *make_songs(3, 2, 200)]
    model = TonnetzLstm(TonnetzLstmConfig((3, 2), 8, 12, 2, 4, 1, 4))
    settings = load_settings(settings_file("tonnetz-lstm"), TonnetzLstmSettings).predictor
    settings = settings.model_copy(update={"crop_slices": 64, "batch_slices": 256})
    task = PredictorTask(model, songs, songs, settings, 3)
    plans = task.plan_epoch(np.random.default_rng(0))
    pieces = [piece for plan in plans for piece in plan]
    for index, song in enumerate(songs):
        covered = sorted((p.begin, p.end) for p in pieces if p.song == index)
        assert all(a[1] <= b[0] for a, b in pairwise(covered))
        assert sum(end - begin for begin, end in covered) >= len(song) - 2 * 10
    assert all(-3 <= piece.semitones <= 3 for piece in pieces)
    widths = [len(plan) * max(p.end - p.begin for p in plan) for plan in plans]
    assert max(widths) <= 256


def test_transposing_moves_every_pitch() -> None:
    """Up and down, and what leaves the keyboard is gone."""
    roll = np.zeros((2, 88), np.bool_)
    roll[0, [0, 40]] = roll[1, 87] = True
    assert np.argwhere(transpose(roll, 3)).tolist() == [[0, 3], [0, 43]]
    assert np.argwhere(transpose(roll, -3)).tolist() == [[0, 37], [1, 84]]
    assert (transpose(roll, 0) == roll).all()


def test_without_tensorboard_the_figures_are_kept_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message says how to install it, and metrics.jsonl is written."""
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    curves = Curves(tmp_path, "predictor", 0)
    curves.log(0, {"valid_loss": 8.0})
    curves.close()
    assert "chipgen[train]" in capsys.readouterr().err
    assert json.loads((tmp_path / "metrics.jsonl").read_text())["valid_loss"] == 8.0


def test_a_resumed_run_forgets_figures_it_measures_again(tmp_path: Path) -> None:
    """Lines of the stage after the step that was saved go; those of other stages stay."""
    for stage, steps in (("autoencoder", (5, 10)), ("predictor", (0, 4, 8))):
        curves = Curves(tmp_path, stage, 0)
        for step in steps:
            curves.log(step, {"valid_loss": 1.0})
        curves.close()
    Curves(tmp_path, "predictor", 6).close()
    lines = read_metrics(tmp_path)
    assert [(x["stage"], x["step"]) for x in lines] == [
        ("autoencoder", 5),
        ("autoencoder", 10),
        ("predictor", 0),
        ("predictor", 4),
    ]
    Curves(tmp_path, "predictor", 0).close()
    assert [x["stage"] for x in read_metrics(tmp_path)] == ["autoencoder"] * 2


def test_a_line_cut_short_by_a_kill_is_left_out(tmp_path: Path) -> None:
    """A run killed while it wrote its last line of figures is gone on from all the same."""
    (tmp_path / "metrics.jsonl").write_text('{"stage": "p", "step": 1}\n{"stage": "p", "st')
    assert read_metrics(tmp_path) == [{"stage": "p", "step": 1}]
