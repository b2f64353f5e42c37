"""Training stops when it no longer helps."""

import json
from pathlib import Path

import numpy as np
import yaml

from tests.training.slice_training import SETTINGS, train
from tests.tunes import make_data


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
