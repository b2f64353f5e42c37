"""A checkpoint brings its model back; wrong ones are named."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import ModelInfo, load_model, read_model, save_model
from chipgen.models.tonnetz_lstm.network import TonnetzLstm, TonnetzLstmConfig

SMALL = TonnetzLstmConfig(maps=(3, 2), latent=6, hidden=10, window=4, echoes=2, key=3)


@pytest.fixture
def model() -> TonnetzLstm:
    """Return a small network with random weights."""
    torch.manual_seed(3)
    return TonnetzLstm(SMALL).eval()


def random_song(steps: int, seed: int = 0) -> torch.Tensor:
    """Return random slices, shape (steps, 88)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(steps, 88, generator=generator) < 0.06


def test_a_checkpoint_brings_the_model_back(model: TonnetzLstm, tmp_path: Path) -> None:
    """Weights, sizes, data and figures survive; half precision costs a thousandth of a nat."""
    sizes = json.loads(json.dumps(model.describe()))
    info = ModelInfo(model.name, sizes, "abc", {"valid_nats": 8.0})
    song = random_song(20)
    save_model(tmp_path / "m.safetensors", model, info)
    assert torch.equal(load_model(tmp_path / "m.safetensors").log_prob(song), model.log_prob(song))
    assert read_model(tmp_path / "m.safetensors")[1] == info
    save_model(tmp_path / "h.safetensors", model, info, half=True)
    half = load_model(str(tmp_path / "h.safetensors"))
    assert torch.allclose(half.log_prob(song), model.log_prob(song), atol=1e-3)
    with pytest.raises(Exception, match="exists"):
        save_model(tmp_path / "m.safetensors", model, info)


def test_wrong_checkpoints_are_named(tmp_path: Path) -> None:
    """Unknown names, foreign archives, garbage and misfits each get a line of their own."""
    with pytest.raises(ChipgenError, match="tonnetz-lstm"):
        load_model("no-such-model")
    garbage = tmp_path / "garbage.safetensors"
    garbage.write_bytes(b"garbage")
    with pytest.raises(ChipgenError, match=r"garbage\.safetensors"):
        load_model(garbage)
    save_file({"a": torch.zeros(2)}, tmp_path / "foreign.safetensors")
    with pytest.raises(ChipgenError, match="no chipgen model"):
        load_model(tmp_path / "foreign.safetensors")
    header = json.dumps({"model": "tonnetz-lstm", "config": TonnetzLstm(SMALL).describe()})
    misfit = tmp_path / "misfit.safetensors"
    save_file({"a": torch.zeros(2)}, misfit, metadata={"chipgen-model": header})
    with pytest.raises(ChipgenError, match="do not fit"):
        load_model(misfit)
