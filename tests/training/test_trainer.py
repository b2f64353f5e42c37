"""Training stops when it no longer helps."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from chipgen.errors import ChipgenError
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


def test_a_loss_that_is_no_number_is_told(config: Path, tmp_path: Path) -> None:
    """The steps were too long; nothing that was learned could be written."""
    steep = {**SETTINGS["autoencoder"], "learning_rate": 1e18}
    config.write_text(yaml.safe_dump({**SETTINGS, "autoencoder": steep}))
    with pytest.raises(ChipgenError, match=r"autoencoder: after .* lower learning rate"):
        train(config, make_data(train=4), tmp_path)
