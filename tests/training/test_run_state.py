"""A state of the first version can be continued."""

import json
from pathlib import Path

import pytest
import torch

from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import load_model
from chipgen.models.checkpoint_header import read_info
from chipgen.training.evaluate_rows import score_rows
from chipgen.training.rows_cache import prepare_rows
from chipgen.training.run_state import Progress, State, save_state
from chipgen.training.train_row_transformer import train
from tests import commandline
from tests.training.row_training import request


def files(folder: Path, split: str) -> list[Path]:
    """Return a split's files."""
    return sorted((folder / split).glob("*.mid"))


def figures(run: Path) -> list[dict[str, float]]:
    """Return what a run has measured, but for the time it took."""
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines]


def test_a_state_of_the_first_version_is_gone_on_from(folder: Path, tmp_path: Path) -> None:
    """A file that knows model, optimisers, mean and step only is resumed, and can be exported."""
    run = tmp_path / "run"
    train(request(folder, run, steps=4))
    path = run / "row-transformer.state.pt"
    values = torch.load(path, weights_only=True)
    old = {name: values[name] for name in ("model", "optimizers", "average", "step")}
    sizes = load_model(run / "row-transformer.safetensors").describe()
    torch.save({**old, "config": json.dumps({"steps": 4, "model": sizes})}, path)
    out = tmp_path / "out.safetensors"
    made = commandline.run("model", "export", path, "-o", out, "--data", folder)
    assert made.exit_code == 0, made.stderr
    told = read_info(out).metrics
    assert told["step"] == 4
    exported = load_model(tmp_path / "out.safetensors")
    valid = score_rows(exported, prepare_rows(files(folder, "valid")), half_precision=False)
    assert told["valid_nats_s"] == pytest.approx(valid.summary()["nats_s"], rel=1e-2)
    for name, value in exported.state_dict().items():
        torch.testing.assert_close(value, old["average"][name], rtol=1e-3, atol=1e-4)
    longer = train(request(folder, run, steps=6))
    assert [line["step"] for line in figures(run)] == [4, 6]
    assert "after 6 steps" in longer.summary


def test_a_state_that_does_not_fit_on_the_disk_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyTorch's writer fails with an error of its own; nothing is left."""

    def fail(_values: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise RuntimeError("unexpected pos 5077056 vs 5076944")

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(ChipgenError, match=r"a\.state\.pt: cannot be written; the disk"):
        save_state(tmp_path / "a.state.pt", State({}, [], {}, {}, Progress(), {}))
    assert not list(tmp_path.iterdir())
