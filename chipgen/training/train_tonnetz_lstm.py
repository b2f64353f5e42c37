"""Prepared songs to a trained `tonnetz-lstm`: first the autoencoder, then the predictor."""

from pathlib import Path

import torch
from torch import Tensor

from chipgen.dataset.cache import SliceData
from chipgen.models.checkpoint import ModelInfo, save_model
from chipgen.models.tonnetz_lstm import TonnetzLstm, TonnetzLstmConfig
from chipgen.training.config import TonnetzLstmSettings, load_settings
from chipgen.training.loop import fit
from chipgen.training.state import Progress
from chipgen.training.tasks import AutoencoderTask, PredictorTask


def train(config: Path, data: SliceData, folder: Path, *, progress: bool = False) -> Path:
    """Train, or go on training, in a run's folder.

    Parameters
    ----------
    config
        YAML of `TonnetzLstmSettings`.
    data
        With the splits train and valid.
    folder
        Holds the run; states found in it are gone on from.

    Returns
    -------
    Path
        The checkpoint with the best weights, `tonnetz-lstm.safetensors` in the folder.
    """
    settings = load_settings(config, TonnetzLstmSettings)
    songs, valid = data.split("train"), data.split("valid")
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    model = TonnetzLstm(TonnetzLstmConfig(**settings.network.model_dump()))
    plain = settings.model_dump(mode="json")
    identity = {"settings": plain, "data": data.fingerprint}

    first = fit(
        AutoencoderTask(model, songs, valid, settings.autoencoder, settings.transpose),
        settings.autoencoder,
        settings,
        folder,
        identity,
        progress_bar=progress,
    )
    model.autoencoder.load_state_dict(first.weights)

    path = folder / "tonnetz-lstm.safetensors"

    def keep(weights: dict[str, Tensor], state: Progress) -> None:
        best = TonnetzLstm(model.config)
        best.load_state_dict(weights)
        metrics = {
            "autoencoder_valid_exact": first.progress.metrics["valid_exact"],
            "valid_nats": state.metrics["valid_loss"],
            "valid_f1": state.metrics["valid_f1"],
            "epochs": state.best_epoch + 1,
        }
        info = ModelInfo(model.name, model.describe(), data.fingerprint, metrics, plain)
        save_model(path, best, info, overwrite=True)

    second = fit(
        PredictorTask(model, songs, valid, settings.predictor, settings.transpose),
        settings.predictor,
        settings,
        folder,
        identity,
        progress_bar=progress,
        on_best=keep,
    )
    keep(second.weights, second.progress)
    return path
