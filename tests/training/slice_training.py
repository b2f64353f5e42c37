"""A small training on slices."""

from pathlib import Path

from chipgen.dataset.slice_cache import SliceData, save_cache
from chipgen.training.train_tonnetz_lstm import train as train_request
from chipgen.training.training_request import TrainRequest

SETTINGS = {
    "model": "tonnetz-lstm",
    "seed": 7,
    "checkpoint_s": 0,
    "transpose": 2,
    "network": {"maps": [3, 2], "latent": 8, "hidden": 12, "window": 4, "echoes": 1, "key": 4},
    "autoencoder": {"epochs": 2, "learning_rate": 0.01, "batch_slices": 64},
    "predictor": {
        "epochs": 3,
        "learning_rate": 0.02,
        "warmup_steps": 2,
        "crop_slices": 24,
        "batch_slices": 100,
        "warmup_slices": 2,
    },
}


def train(config: Path, data: SliceData, folder: Path) -> Path:
    """Train on prepared data and return the checkpoint."""
    cache = config.with_name("tunes.cache")
    if not cache.exists():
        save_cache(data, cache, overwrite=False)
    return train_request(TrainRequest(config, cache, folder)).path
