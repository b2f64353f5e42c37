"""Trains `row-transformer` on a folder of MIDI, from nothing or from a checkpoint."""

from pathlib import Path
from typing import Final

import torch

from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import ModelInfo, load_model, one_thread, save_model
from chipgen.models.row_transformer.network import RowTransformer
from chipgen.training.checkpoints import keep_checkpoints
from chipgen.training.config import load_settings
from chipgen.training.fabric import make_fabric
from chipgen.training.mixture import check_mixture, join_splits
from chipgen.training.objective import Weights
from chipgen.training.rows_data import RowSplit, load_rows
from chipgen.training.rows_objective import RowsTask
from chipgen.training.rows_plots import describe_grid, plot_voices
from chipgen.training.rows_settings import RowTransformerSettings
from chipgen.training.rows_table import compare_on_rows
from chipgen.training.run_state import Progress
from chipgen.training.trainer import fit
from chipgen.training.training_report import write_report
from chipgen.training.training_request import Trained, TrainRequest, load_init
from chipgen.training.user_dataset import find_splits

NAME: Final = "row-transformer"


def train(request: TrainRequest) -> Trained:
    """Train, or go on training, in a run's folder.

    The checkpoint, `row-transformer.safetensors` in half precision, is there and usable from the
    first evaluation on.

    Raises
    ------
    ChipgenError
        If a setting is wrong, the data lacks a split or the model to begin from is another kind.
    """
    settings = load_settings(request.config, RowTransformerSettings)
    if request.data.is_file():
        raise ChipgenError(f"{request.data} is a file; {NAME} learns from a folder of MIDI")
    begun_from = load_init(request.init, RowTransformer) if request.init else None
    torch.set_num_threads(settings.threads)
    fabric = make_fabric(settings, unused=True)
    check_mixture(request.also, settings.mixture)
    splits = find_splits(request.data)
    torch.manual_seed(settings.seed)
    model = begun_from or RowTransformer(settings.network.architecture())
    with fabric.rank_zero_first():
        train_rows = _load(request, splits["train"], "train", labelled=model.config.plan)
        valid_rows = _load(request, splits["valid"], "valid")
        learned = _add_folders(request, settings, train_rows)
    plain = settings.model_dump(mode="json")
    if not settings.mixture:
        del plain["mixture"]  # what it never had keeps no older run from going on
    if request.init:
        plain["network"] = model.describe()
    identity = {"settings": plain, "data": learned.key + valid_rows.key, "init": request.init}
    schedule = settings.schedule(evaluate_first=bool(request.init))
    path = request.folder / f"{NAME}.safetensors"

    def export(path: Path, weights: Weights, at: Progress) -> None:
        export_rows(path, model, weights, at.metrics, data=learned.key, training=plain)

    result = fit(
        make_task(model, learned, valid_rows, settings),
        schedule,
        settings,
        request.folder,
        identity,
        fabric,
        progress_bar=request.progress,
        on_evaluation=keep_checkpoints(
            request, schedule, path, export, request.preview_seed or splits["valid"][0]
        ),
    )
    figure = result.progress.best_loss
    if fabric.is_global_zero:
        export(path, result.weights, result.progress)
        one_thread()
        models = [("this run", load_model(path))]
        if request.init:
            models.append(("begun from", load_init(request.init, RowTransformer)))
        comparison = compare_on_rows(models, valid_rows, train_rows, progress=request.progress)
        summary = comparison.totals()[0][1].summary()
        figure = summary["nats_s"]
        figures = {f"valid_{name}": round(value, 4) for name, value in summary.items()}
        result.progress.metrics = {**figures, "step": result.progress.best_step}
        export(path, result.weights, result.progress)
        write_report(
            request.folder,
            settings,
            _facts(request, learned, valid_rows, result.progress),
            {RowsTask.name: ("nats a row", "nats a second")},
            comparison,
            [
                plot_voices(request.folder, comparison),
                describe_grid(request.folder, train_rows, valid_rows),
            ],
        )
    fabric.barrier()
    at = result.progress
    return Trained(
        path,
        request.folder / "report.md",
        f"{figure:.2f} nats a second on valid; best at step {at.best_step:,} of {at.step:,}, "
        f"{at.seconds / 60:.1f} minutes",
    )


def _facts(request: TrainRequest, train: RowSplit, valid: RowSplit, at: Progress) -> str:
    """Return what was learned from, and how long it took."""
    begun = f"begun from {request.init}" if request.init else "begun from chance"
    return (
        f"{len(train)} songs to learn from ({float(train.seconds.sum()) / 3600:.1f} h), "
        f"{len(valid)} to be measured by; {begun}; {at.step:,} steps in {at.seconds / 60:.1f} "
        f"minutes; the best weights are those of step {at.best_step:,}."
    )


def make_task(
    model: RowTransformer, train: RowSplit, valid: RowSplit, settings: RowTransformerSettings
) -> RowsTask:
    """Return the task of a model and its settings."""
    return RowsTask(
        model,
        train,
        valid,
        rates=(settings.matrix_rate, settings.other_rate),
        weight_decay=settings.weight_decay,
        batch_rows=settings.batch_rows,
        augment=settings.augment(),
        every_song=settings.evaluate_every_song,
        half_precision=settings.precision == "bf16-mixed",
    )


def export_rows(
    path: Path,
    model: RowTransformer,
    weights: Weights,
    metrics: dict[str, float],
    *,
    data: str = "",
    training: dict[str, object] | None = None,
) -> None:
    """Write weights of a model's shape as a checkpoint in half precision, over one that is there.

    Parameters
    ----------
    metrics, data, training
        What was measured, the data's fingerprint and the settings, for the checkpoint's header.
    """
    shipped = RowTransformer(model.config)
    shipped.load_state_dict(weights)
    info = ModelInfo(NAME, model.describe(), data, metrics, training or {})
    save_model(path, shipped, info, half=True, overwrite=True)


def _add_folders(
    request: TrainRequest, settings: RowTransformerSettings, train: RowSplit
) -> RowSplit:
    """Return the train songs with those of the folders that are learned from as well."""
    if not request.also:
        return train
    more = [
        _load(
            request,
            find_splits(folder, needed=("train",))["train"],
            f"{folder.name}-train",
            labelled=train.labels is not None,
        )
        for folder in request.also
    ]
    weights = [settings.mixture.get(folder.name, 1.0) for folder in request.also]
    return join_splits([train, *more], [1.0, *weights])


def _load(
    request: TrainRequest, files: list[Path], split: str, *, labelled: bool = False
) -> RowSplit:
    cache = (request.cache or request.folder) / f"rows-{split}.npz"
    return load_rows(files, cache, labelled=labelled, progress=request.progress)
