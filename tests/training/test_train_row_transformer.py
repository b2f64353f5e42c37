"""Training on rows: data and batches are what they claim; it learns, stops and resumes."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from chipgen.models.checkpoint import load_model, read_model
from chipgen.models.registry import settings_file
from chipgen.models.row_transformer.network import RowTransformer
from chipgen.training.evaluate_rows import NOTHING_SCORED, score_counts, score_rows
from chipgen.training.rows_cache import prepare_rows
from chipgen.training.rows_objective import RowsTask
from chipgen.training.rows_settings import RowTransformerSettings
from chipgen.training.train_row_transformer import train
from chipgen.training.training_request import TrainRequest
from chipgen.training.training_task import Weights
from tests.killed_training import run_killed
from tests.songs import write_songs
from tests.training.row_training import SETTINGS, request


def files(folder: Path, split: str) -> list[Path]:
    """Return a split's files."""
    return sorted((folder / split).glob("*.mid"))


def figures(run: Path) -> list[dict[str, Any]]:
    """Return what a run has measured, but for the time it took."""
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines]


def test_training_learns_and_reports(folder: Path, tmp_path: Path) -> None:
    """Nats fall below those of counts; checkpoint, curves and the report's page are there."""
    run = tmp_path / "run"
    trained = train(request(folder, run, checkpoint_s=60))
    splits = {name: prepare_rows(files(folder, name)) for name in ("train", "valid")}
    model = load_model(trained.path)
    assert isinstance(model, RowTransformer)
    learned = score_rows(model, splits["valid"], half_precision=False)
    for order in (0, 1):
        counts = sum(score_counts(splits["train"], splits["valid"], order=order), NOTHING_SCORED)
        assert learned.nats < counts.nats
    assert learned.nats == pytest.approx(sum(learned.voice_nats))
    assert learned.steps == sum(np.diff(splits["valid"].offsets) - 1)
    info = read_model(trained.path)[1]
    assert info.metrics["valid_nats_s"] == pytest.approx(learned.summary()["nats_s"], abs=1e-3)
    assert info.training["seed"] == 3
    assert [line["step"] for line in figures(run)] == [20, 40]
    assert list((run / "curves").iterdir()), "TensorBoard has something to show"
    page = trained.report.read_text()
    assert f"| this run | {learned.summary()['nats_s']:.2f} |" in page
    assert "| bigram of each voice |" in page
    for picture in ("report-loss.png", "report-voices.png", "report-grid.png"):
        assert f"]({picture})" in page
        assert (run / picture).stat().st_size > 5_000
    assert "nats a second on valid" in trained.summary


def test_killed_and_resumed_is_as_if_nothing_happened(folder: Path, tmp_path: Path) -> None:
    """Kill −9 while a state is written and resume: the same weights and figures, to the bit."""
    short = {"steps": 12, "evaluate_steps": 6}
    train(request(folder, tmp_path / "whole", **short))
    killed = tmp_path / "killed"
    wanted = request(folder, killed, **short)
    shutil.copy(tmp_path / "whole" / "rows-train.npz", killed)
    shutil.copy(tmp_path / "whole" / "rows-valid.npz", killed)
    state = killed / "row-transformer.state.pt"
    run_killed(
        state, 8, "train", "row-transformer", "--data", folder, "--config", wanted.config,
        "-o", killed, "--resume",
    )  # fmt: skip
    step = torch.load(state, weights_only=True)["step"]
    assert 6 <= step < 12, "it was killed in the middle, and has measured before"
    train(wanted)
    assert not list(killed.glob(".*")), "what was being written is cleared away"
    ours = read_model(killed / "row-transformer.safetensors")[0]
    theirs = read_model(tmp_path / "whole" / "row-transformer.safetensors")[0]
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert figures(killed) == figures(tmp_path / "whole")


def test_stopped_while_measuring_loses_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state is saved before an evaluation, which is made up for by the run that goes on."""
    short = {"steps": 4, "evaluate_steps": 2, "checkpoint_s": 60}
    train(request(folder, tmp_path / "whole", **short))
    wanted = request(folder, tmp_path / "stopped", **short)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(RowsTask, "validate", stop)
        with pytest.raises(KeyboardInterrupt):
            train(wanted)
    state = torch.load(wanted.folder / "row-transformer.state.pt", weights_only=True)
    assert state["step"] == 2
    remains = wanted.folder / ".chipgen-0123456789ab.pt"
    remains.touch()  # as a kill leaves behind while a state is written
    train(wanted)
    assert not remains.exists()
    assert figures(wanted.folder) == figures(tmp_path / "whole")
    ours, theirs = (
        read_model(run / "row-transformer.safetensors")[0]
        for run in (wanted.folder, tmp_path / "whole")
    )
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_training_stops_when_it_no_longer_helps(folder: Path, tmp_path: Path) -> None:
    """With a hopeless rate the run ends after `patience` looks, and keeps the best weights."""
    changes = {"matrix_rate": 30.0, "other_rate": 30.0, "steps": 200, "evaluate_steps": 2}
    run = tmp_path / "run"
    trained = train(request(folder, run, **changes, patience=3, checkpoint_s=60))
    losses = [line["valid_loss"] for line in figures(run)]
    best = int(np.nanargmin(losses))
    assert len(losses) == best + 4 < 50
    kept = score_rows(load_model(trained.path), prepare_rows(files(folder, "valid")))
    assert kept.summary()["nats_s"] == pytest.approx(losses[best], rel=0.01)


STAGES = {
    "stages": [
        {"steps": 6, "unplanned": 1.0, "mixture": {"more": 0.0}},
        {
            "steps": 8, "evaluate_steps": 2, "mean_of": [4, 8], "mixture": {"more": 0.4},
            "dropout": 0.1, "drop_voices": 0.1, "volume_jitter": 2, "tempo_jitter": 0.1,
        },
    ],
    "steps": 1, "evaluate_steps": 3,
}  # fmt: skip


def staged(folder: Path, run: Path) -> TrainRequest:
    """Return a training in two stages that learns from a second folder in the second."""
    asked = request(folder, run, **STAGES)
    more = folder.parent / "more"
    if not more.exists():
        write_songs(more, train=2, valid=1)
    return replace(asked, also=(more,))


def test_stages_follow_each_other_and_end_with_a_mean(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second begins where the first ended; stopped in it, the same weights come out."""
    whole = train(staged(folder, tmp_path / "whole"))
    run = tmp_path / "whole"
    lines = figures(run)
    assert [line["step"] for line in lines if line["stage"] == "row-transformer-1"] == [3, 6]
    second = [line for line in lines if line["stage"] == "row-transformer-2"]
    assert [line["step"] for line in second] == [0, 2, 4, 6, 8]
    best = min(line["valid_loss"] for line in lines if line["stage"] == "row-transformer-1")
    assert second[0]["valid_loss"] == pytest.approx(best)
    kept = [run / f"row-transformer-2-step-{step:06d}.safetensors" for step in (4, 8)]
    means = [read_model(path)[0] for path in kept]
    ended = read_model(whole.path)[0]
    for name, array in ended.items():
        mean = (means[0][name].float() + means[1][name].float()) / 2
        assert torch.equal(array, mean.half().float()), name
    assert "after steps 4, 8" in whole.report.read_text()

    wanted = staged(folder, tmp_path / "stopped")
    validate = RowsTask.validate

    def stop(task: RowsTask, weights: Weights) -> dict[str, float]:
        if task.name == "row-transformer-2" and (wanted.folder / kept[0].name).exists():
            raise KeyboardInterrupt
        return validate(task, weights)

    with monkeypatch.context() as patched:
        patched.setattr(RowsTask, "validate", stop)
        with pytest.raises(KeyboardInterrupt):
            train(wanted)
    train(wanted)
    assert figures(wanted.folder) == lines
    again = read_model(wanted.folder / whole.path.name)[0]
    assert all(torch.equal(again[name], ended[name]) for name in ended)


def test_the_shipped_settings_can_be_followed(folder: Path, tmp_path: Path) -> None:
    """Their stages, shortened, run on a folder and others called pop909 and music21."""
    settings = yaml.safe_load(settings_file("row-transformer").read_text())
    stages = RowTransformerSettings.model_validate(settings).staged()
    assert [stage.steps for stage in stages] == [2030, 2030, 3000, 2000]
    for stage in settings["stages"]:
        stage["steps"] //= 1000
        stage["mean_of"] = [step // 1000 for step in stage.get("mean_of", []) if not step % 1000]
    small = {**settings, "network": {**SETTINGS["network"], "plan": True}, "batch_rows": 256}
    small |= {"evaluate_steps": 1, "warmup_steps": 1, "checkpoint_s": 60}
    asked = request(folder, tmp_path / "run")
    asked.config.write_text(yaml.safe_dump(small))
    also = tuple(write_songs(tmp_path / name, train=2, valid=1) for name in ("pop909", "music21"))
    trained = train(replace(asked, also=also))
    learned = [stage["mixture"] for stage in read_model(trained.path)[1].training["stages"]]
    assert learned[2:] == [{"pop909": 0.333, "music21": 0}, {"pop909": 0.4, "music21": 0.25}]
