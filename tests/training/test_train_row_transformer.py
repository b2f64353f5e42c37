"""Training on rows: data and batches are what they claim; it learns, stops and resumes."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from chipgen.models.checkpoint import load_model, read_model
from chipgen.models.row_transformer.network import RowTransformer
from chipgen.training.rows_data import prepare_rows
from chipgen.training.rows_evaluate import NOTHING_SCORED, score_counts, score_rows
from chipgen.training.rows_objective import RowsTask
from chipgen.training.train_row_transformer import train
from tests.killed_training import run_killed
from tests.training.row_training import SETTINGS, request


def files(folder: Path, split: str) -> list[Path]:
    """Return a split's files."""
    return sorted((folder / split).glob("*.mid"))


def figures(run: Path) -> list[dict[str, float]]:
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
    train(request(folder, tmp_path / "whole"))
    killed = tmp_path / "killed"
    wanted = request(folder, killed)
    shutil.copy(tmp_path / "whole" / "rows-train.npz", killed)
    shutil.copy(tmp_path / "whole" / "rows-valid.npz", killed)
    state = killed / "row-transformer.state.pt"
    run_killed(
        state, 8, "train", "row-transformer", "--data", folder, "--config", wanted.config,
        "-o", killed, "--resume",
    )  # fmt: skip
    step = torch.load(state, weights_only=True)["step"]
    assert 0 < step < SETTINGS["steps"], "it was killed in the middle"
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
