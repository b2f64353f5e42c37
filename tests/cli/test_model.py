"""`chipgen model`: what there is, and states that become models."""

from pathlib import Path

import pytest
import torch

from chipgen.models.registry import MODELS
from tests.commandline import run


def test_every_model_is_listed_with_what_it_can_do() -> None:
    """The list is the table's: abilities, voices and tasks of each row."""
    listed = run("model", "list")
    assert listed.exit_code == 0
    for name, entry in MODELS.items():
        assert f"{name}: {entry.summary}" in listed.stdout
        assert f"  abilities: {', '.join(entry.abilities)}\n" in listed.stdout
        assert ", ".join(entry.tasks) in listed.stdout


@pytest.mark.parametrize(
    "made",
    [
        b"not a state",
        {"model": {}, "optimizers": [], "average": {}, "step": 1, "config": "{}"},
        {
            "model": {}, "optimizers": [], "average": {}, "step": 1,
            "config": '{"settings": {"model": "tonnetz-lstm", "network": {}}}',
        },
        *(
            {"model": {}, "optimizers": [], "average": {}, "step": 1, "config": config}
            for config in (
                '{"settings": [1]}', '{"settings": {"network": {"dim": 1000000000}}}',
                '{"settings": {"network": {"layers": "six"}}}', "[]",
            )
        ),
    ],
)  # fmt: skip
def test_what_is_no_state_of_it_is_refused(made: object, tmp_path: Path) -> None:
    """Another file and another model's state are named in a line, and nothing is written."""
    path, out = tmp_path / "run.state.pt", tmp_path / "out.safetensors"
    if isinstance(made, bytes):
        path.write_bytes(made)
    else:
        torch.save(made, path)
    refused = run("model", "export", path, "-o", out)
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1), refused.stderr
    assert "run.state.pt" in refused.stderr
    assert not out.exists()
