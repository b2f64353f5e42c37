"""Trains `tonnetz-lstm`: first the autoencoder, then the predictor."""

from pathlib import Path
from typing import Final

import torch

from chipgen.dataset.slice_cache import (
    DatasetConfig,
    SliceData,
    check_replaceable,
    load_cache,
    update_cache,
)
from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import ModelInfo, save_model
from chipgen.models.tonnetz_lstm.config import TonnetzLstmConfig
from chipgen.models.tonnetz_lstm.network import TonnetzLstm
from chipgen.training.best_checkpoint import keep_checkpoints
from chipgen.training.comparison import Table
from chipgen.training.fabric import make_fabric
from chipgen.training.run_state import Progress
from chipgen.training.slices_objectives import AutoencoderTask, PredictorTask
from chipgen.training.slices_settings import TonnetzLstmSettings
from chipgen.training.slices_table import compare_on_slices
from chipgen.training.trainer import fit
from chipgen.training.training_report import write_report
from chipgen.training.training_request import Trained, TrainRequest, load_init
from chipgen.training.training_settings import load_settings
from chipgen.training.training_task import Weights
from chipgen.training.user_dataset import find_splits

NAME: Final = "tonnetz-lstm"
# Of each stage's training loss and validation loss.
UNITS: Final = {
    "autoencoder": ("loss a slice", "loss a slice"),
    "predictor": ("nats a slice", "nats a slice"),
}


def train(request: TrainRequest) -> Trained:
    """Train, or go on training, in a run's folder.

    The checkpoint with the best weights, `tonnetz-lstm.safetensors`, is there and usable from the
    predictor's first epoch on.

    Raises
    ------
    ChipgenError
        If a setting is wrong, the data lacks a split or the model to begin from is another kind.
    """
    settings = load_settings(request.config, TonnetzLstmSettings)
    begun_from = load_init(request.init, TonnetzLstm) if request.init else None
    torch.set_num_threads(settings.threads)
    fabric = make_fabric(settings)
    with fabric.rank_zero_first():
        data, seed = _load(request)
    songs, valid = data.split("train"), data.split("valid")
    torch.manual_seed(settings.seed)
    model = begun_from or TonnetzLstm(TonnetzLstmConfig(**settings.network.model_dump()))
    plain = settings.model_dump(mode="json", exclude_none=True)
    if request.init:
        plain["network"] = model.describe()
    identity = {"settings": plain, "data": data.fingerprint, "init": request.init}
    stages: dict[str, Progress] = {}
    if not request.init:
        if settings.autoencoder is None:
            raise ChipgenError(f"{request.config}: autoencoder: a training from chance needs it")
        first = fit(
            AutoencoderTask(model, songs, valid, settings.autoencoder, settings.transpose),
            settings.autoencoder.schedule(),
            settings,
            request.folder,
            identity,
            fabric,
            progress_bar=request.progress,
        )
        model.autoencoder.load_state_dict(first.weights)
        stages["autoencoder"] = first.progress
    path = request.folder / f"{NAME}.safetensors"

    def export(path: Path, weights: Weights, at: Progress) -> None:
        best = TonnetzLstm(model.config)
        best.load_state_dict(weights)
        metrics = {name: stages[name].metrics["valid_exact"] for name in stages}
        metrics = {f"{name}_valid_exact": value for name, value in metrics.items()}
        metrics |= {"valid_nats": at.metrics["valid_loss"], "valid_f1": at.metrics["valid_f1"]}
        metrics["step"] = at.best_step
        info = ModelInfo(model.name, model.describe(), data.fingerprint, metrics, plain)
        save_model(path, best, info, overwrite=True)

    schedule = settings.predictor.schedule(evaluate_first=bool(request.init))
    second = fit(
        PredictorTask(model, songs, valid, settings.predictor, settings.transpose),
        schedule,
        settings,
        request.folder,
        identity,
        fabric,
        progress_bar=request.progress,
        on_evaluation=keep_checkpoints(
            request, schedule, path, export, request.preview_seed or seed
        ),
    )
    if fabric.is_global_zero:
        export(path, second.weights, second.progress)
        comparison = compare_on_slices(str(path), data, "valid")
        reported = {**stages, "predictor": second.progress}
        write_report(
            request.folder,
            settings,
            _facts(request, reported),
            {name: UNITS[name] for name in reported},
            comparison,
            _sections(data, stages),
        )
    fabric.barrier()
    at = second.progress
    return Trained(
        path,
        request.folder / "report.md",
        f"{at.best_loss:.3f} nats a slice on valid after {at.epoch} epochs, "
        f"{at.seconds / 60:.1f} minutes",
    )


def _facts(request: TrainRequest, stages: dict[str, Progress]) -> str:
    """Return where it began, and how long each stage took."""
    begun = f"Begun from {request.init}." if request.init else "Begun from chance."
    spent = " ".join(
        f"{name.capitalize()}: {at.epoch} epochs, {at.step:,} steps, {at.seconds / 60:.1f} "
        f"minutes, best at step {at.best_step:,}."
        for name, at in stages.items()
    )
    return f"{begun} {spent}"


def _sections(data: SliceData, stages: dict[str, Progress]) -> list[str]:
    """Return the part of the report that is this model's own."""
    sections = []
    if "autoencoder" in stages:
        exact = stages["autoencoder"].metrics["valid_exact"]
        sections.append(
            f"The autoencoder returns {exact:.1%} of the valid split's different slices exactly."
        )
    counts = [
        [split, f"{s.files:,}", f"{s.kept:,}", f"{s.slices:,}", f"{s.seconds / 3600:.1f}"]
        for split, s in data.stats.items()
    ]
    table = Table("", ["split", "files", "kept", "slices", "hours"], counts)
    return [*sections, "## Data\n\n" + table.markdown()]


def _load(request: TrainRequest) -> tuple[SliceData, Path | None]:
    """Return the slices, and a held-out file if they came from a folder."""
    if not request.data.is_dir():
        return load_cache(request.data), None
    splits = find_splits(request.data)
    cache = (request.cache or request.folder) / "slices.cache"
    check_replaceable(cache)
    data, _ = update_cache(
        request.data, cache, DatasetConfig(), overwrite=True, progress=request.progress,
        splits=splits,
    )  # fmt: skip
    return data, splits["valid"][0]
