"""Several devices train as one would, and a training without its library says what to install."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from chipgen.errors import ChipgenError
from chipgen.models.row_transformer.network import RowTransformer, RowTransformerConfig
from chipgen.rows.plan_features import PLAN_COLUMNS
from chipgen.rows.row_features import COLUMNS
from chipgen.training.curves import read_metrics
from chipgen.training.fabric import make_fabric, process_rank
from chipgen.training.rows_cache import load_rows
from chipgen.training.rows_passages import AugmentConfig, plan_passages
from chipgen.training.train_row_transformer import train
from chipgen.training.training_request import TrainRequest
from chipgen.training.training_settings import RunSettings
from synth.extras import MissingExtraError
from tests.songs import write_songs

torch.set_num_threads(1)

SETTINGS: dict[str, Any] = {
    "model": "row-transformer",
    "seed": 4,
    "checkpoint_s": 60,
    "steps": 4,
    "warmup_steps": 2,
    "batch_rows": 192,
    "average": 0.5,
    "evaluate_steps": 4,
    "evaluate_every_song": 1,
    "precision": "32-true",
    "matrix_rate": 1e-4,  # Muon's rounding would else be felt by all that learns beside it
    "accelerator": "cpu",
    "network": {
        "plan": True,
        "dim": 32, "layers": 1, "heads": 1, "head_dim": 32, "mlp": 64, "voice_dim": 32,
        "context": 64, "window": 32,
    },
}  # fmt: skip


# Runs `chipgen train` as torchrun starts it, and keeps each process's weights to be compared.
PROGRAM = """
import os, sys, torch
from chipgen.training import trainer
from chipgen.cli.main import main
fit = trainer._Fitter.run
def run(self, **options):
    result = fit(self, **options)
    rank = os.environ["RANK"]
    torch.save(self._task.model.state_dict(), os.path.join(sys.argv[-1], f"rank{rank}.pt"))
    return result
trainer._Fitter.run = run
main()
"""


def first_epoch() -> np.random.Generator:
    """Return the generator that a run draws its first epoch from."""
    return np.random.default_rng([SETTINGS["seed"], 0])


def test_two_processes_train_as_one_does(tmp_path: Path) -> None:
    """Two gloo processes end with equal weights, and with those of one process but for rounding.

    One batch is a single passage, of which the second process has no part.
    """
    data = write_songs(tmp_path / "songs", train=5, valid=1)
    config = tmp_path / "settings.yaml"
    config.write_text(yaml.safe_dump(SETTINGS))
    alone, together = tmp_path / "alone", tmp_path / "together"
    alone.mkdir()
    train(TrainRequest(config, data, alone))
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", str(program), "train", "row-transformer"]
    command += ["--config", str(config), "--data", str(data), "-o", str(together)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    rows = load_rows(sorted((data / "train").glob("*.mid")), alone / "rows-train.npz")
    sizes = [len(plan) for plan in plan_passages(rows, 192, 64, AugmentConfig(), first_epoch())]
    assert 1 in sizes[:4], "the second process has no part in some batch"
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    one = torch.load(alone / "row-transformer.state.pt", weights_only=True)["model"]
    first, second = (torch.load(together / f"rank{rank}.pt") for rank in (0, 1))
    torch.manual_seed(SETTINGS["seed"])
    beginning = RowTransformer(RowTransformerConfig(**SETTINGS["network"])).state_dict()
    learned = 0
    for name, value in one.items():
        assert torch.equal(first[name], second[name]), name
        moved = float((value - beginning[name]).norm())
        # Muon iterates in bfloat16, whose last digit is 0.4 %, and brings every gradient to one
        # size, so that of the blocks' first gradients, all but nothing, the rounding is felt.
        # Most of all in `up`, whose gradient comes through `down`, which begins as zeros; fused
        # attention, too, rounds by the size of its batch.
        allowed = 0.2 if ".up." in name else 0.02 if name.startswith("blocks") else 1e-4
        assert float((value - first[name]).norm()) <= allowed * moved, name
        learned += moved > 0.01
    assert learned > 60, "most tensors have moved; a few take no part"
    figures = [[line["train_loss"] for line in read_metrics(run)] for run in (alone, together)]
    assert figures[0] == pytest.approx(figures[1], rel=1e-4)
    assert (together / "report.md").exists()


def test_a_network_is_made_where_its_weights_are() -> None:
    """Under a device, nothing that the row transformer makes in passing is left elsewhere."""
    with torch.device("meta"):
        model = RowTransformer(RowTransformerConfig(**SETTINGS["network"]))
        hidden = model(torch.zeros((2, 64, COLUMNS + PLAN_COLUMNS), dtype=torch.int64))
        states = torch.zeros((2, 64, 4), dtype=torch.int64)
        codes = torch.zeros((2, 64, COLUMNS + PLAN_COLUMNS), dtype=torch.int64)
        for voice in range(4):
            assert model.state_logits(hidden, codes, states, voice).device.type == "meta"
    with pytest.raises(RuntimeError):
        model(
            torch.zeros((2, 64, COLUMNS + PLAN_COLUMNS), dtype=torch.int64)
        )  # made on the processor


def test_without_fabric_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named."""
    monkeypatch.setitem(sys.modules, "lightning_fabric", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'chipgen\[train\]'"):
        make_fabric(RunSettings(model="row-transformer"))


def test_an_accelerator_that_is_not_there_is_named() -> None:
    """One line, not a traceback."""
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(ChipgenError, match="'cuda'"):
        make_fabric(RunSettings(model="row-transformer", accelerator="cuda"))


def test_the_rank_is_torchruns_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A RANK that something else has set does not make this process a second one."""
    monkeypatch.setenv("RANK", "3")
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    assert process_rank() == 0
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "run")
    assert process_rank() == 3
