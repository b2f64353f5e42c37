"""Shipped settings are the model card's; wrong ones are refused."""

from pathlib import Path

import pytest
import yaml

from chipgen.errors import ChipgenError
from chipgen.models.registry import settings_file
from chipgen.training.slices_settings import TonnetzLstmSettings
from chipgen.training.training_settings import load_settings
from tests.training.slice_training import SETTINGS


def test_shipped_settings_are_the_cards_sizes() -> None:
    """Two convolutions of 20 and 10 maps, latent 128, two layers of 256, a window of 16."""
    settings = load_settings(settings_file("tonnetz-lstm"), TonnetzLstmSettings)
    sizes = settings.network
    assert (sizes.maps, sizes.latent, sizes.hidden, sizes.layers) == ((20, 10), 128, 256, 2)
    assert sizes.window == 16
    assert settings.predictor.patience == 5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": -1}, "seed"),
        ({"predictor": {"epochs": 1}}, r"predictor\.learning_rate"),
        ({"speed": 3}, "speed"),
        ({"model": "other"}, "model"),
    ],
)
def test_settings_are_checked(config: Path, change: dict[str, object], words: str) -> None:
    """Unknown and impossible values are refused by name."""
    config.write_text(yaml.safe_dump({**SETTINGS, **change}))
    with pytest.raises(ChipgenError, match=words):
        load_settings(config, TonnetzLstmSettings)
