"""A small training on rows."""

from pathlib import Path
from typing import Any

import yaml

from chipgen.training.training_request import TrainRequest

SETTINGS: dict[str, Any] = {
    "model": "row-transformer",
    "seed": 3,
    "checkpoint_s": 0,
    "steps": 40,
    "warmup_steps": 5,
    "batch_rows": 256,
    "average": 0.8,
    "evaluate_steps": 20,
    "evaluate_every_song": 1,
    "network": {
        "dim": 32, "layers": 2, "heads": 1, "head_dim": 32, "mlp": 64, "voice_dim": 32,
        "context": 64, "window": 32, "full_every": 2,
    },
}  # fmt: skip


def request(folder: Path, run: Path, **changes: Any) -> TrainRequest:
    """Return a training with small settings, some of them changed."""
    run.mkdir(exist_ok=True)
    config = run.with_suffix(".yaml")
    config.write_text(yaml.safe_dump({**SETTINGS, **changes}))
    return TrainRequest(config, folder, run)
