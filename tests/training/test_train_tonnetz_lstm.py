"""A training run improves, survives being killed, and ends in the same weights as if it was not."""

import json
from pathlib import Path

import pytest
import torch
import yaml

from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import load_model, read_model
from chipgen.training.evaluate_slices import evaluate_slices
from chipgen.training.model_predictor import ModelPredictor
from chipgen.training.slices_baselines import Marginal
from tests.commandline import run
from tests.killed_training import run_killed
from tests.training.slice_training import SETTINGS, train
from tests.tunes import make_data


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
    with pytest.raises(ChipgenError, match="other settings"):
        train(config, data, folder)
