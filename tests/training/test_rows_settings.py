"""Settings of a training on rows are checked."""

from pathlib import Path
from typing import Any

import pytest

from chipgen.errors import ChipgenError
from chipgen.training.train_row_transformer import train
from tests.training.row_training import request


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"epochs": 2}, "either steps or epochs"),
        ({"precision": "16-mixed"}, "precision"),
        ({"checkpoint_s": 61}, "checkpoint_s"),
        ({"network": {"width": 3}}, "network: 'width' is no setting"),
        ({"stages": [{"steps": 3, "stepz": 2}]}, "'stepz' is no setting; did you mean 'steps'"),
        ({"stages": [{"steps": 40, "epochs": 1}]}, "either steps or epochs"),
        ({"mean_of": [10]}, "no evaluation comes after step 10"),
        ({"mean_of": [60]}, "no evaluation comes after step 60"),
        ({"mixture": {"a": 0.5, "b": 0.5}}, "main folder"),
    ],
)
def test_settings_are_checked(
    folder: Path, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    """Unknown and impossible values are refused by name before any work."""
    with pytest.raises(ChipgenError, match=words):
        train(request(folder, tmp_path / "run", **change))
