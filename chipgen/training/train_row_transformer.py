"""Trains `row-transformer` on a folder of MIDI, from nothing or from a checkpoint."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import torch

from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import ModelInfo, load_model, one_thread, save_model
from chipgen.models.row_transformer.network import RowTransformer
from chipgen.training.best_checkpoint import keep_checkpoints, mean_weights
from chipgen.training.fabric import make_fabric
from chipgen.training.mixture import check_mixture, join_splits
from chipgen.training.rows_cache import RowSplit, load_rows
from chipgen.training.rows_objective import RowsTask
from chipgen.training.rows_plots import describe_grid, plot_voices
from chipgen.training.rows_settings import RowStageSettings, RowTransformerSettings
from chipgen.training.rows_table import compare_on_rows
from chipgen.training.run_state import Progress
from chipgen.training.trainer import fit
from chipgen.training.training_report import write_report
from chipgen.training.training_request import Trained, TrainRequest, load_init
from chipgen.training.training_settings import load_settings
from chipgen.training.training_task import Weights
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
    stages = settings.staged()
    for stage in stages:
        check_mixture(request.also, stage.mixture)
    splits = find_splits(request.data)
    torch.manual_seed(settings.seed)
    model = begun_from or RowTransformer(settings.network.architecture())
    planned = model.config.plan and any(stage.unplanned < 1.0 for stage in stages)
    learned = partial(_load, request, labelled=planned, halved=settings.half_rows)
    with fabric.rank_zero_first():
        train_rows = learned(splits["train"], "train")
        valid_rows = _load(request, splits["valid"], "valid")
        more = [learned(_train_files(folder), f"{folder.name}-train") for folder in request.also]
    data = "".join(split.key for split in (train_rows, *more))
    plain = settings.plain()
    if request.init:
        plain["network"] = model.describe()
    identity = {"settings": plain, "data": data + valid_rows.key, "init": request.init}
    path = request.folder / f"{NAME}.safetensors"

    def export(path: Path, weights: Weights, at: Progress) -> None:
        export_rows(path, model, weights, at.metrics, data=data, training=plain)

    passed: dict[str, Progress] = {}
    for number, stage in enumerate(stages, 1):
        name = f"{NAME}-{number}" if len(stages) > 1 else NAME
        shares = [stage.mixture.get(folder.name) for folder in request.also]
        schedule = stage.schedule(evaluate_first=bool(request.init) or number > 1)
        kept = {
            step: request.folder / f"{name}-step-{step:06d}.safetensors" for step in stage.mean_of
        }
        result = fit(
            _make_task(model, join_splits([train_rows, *more], [None, *shares]), valid_rows, stage,
                       name, half_precision=settings.precision == "bf16-mixed"),
            schedule,
            settings,
            request.folder,
            identity,
            fabric,
            progress_bar=request.progress,
            on_evaluation=keep_checkpoints(
                request, schedule, path, export, request.preview_seed or splits["valid"][0], kept
            ),
        )  # fmt: skip
        weights = result.weights
        if kept:
            weights = fabric.broadcast(mean_weights(kept.values()) if fabric.is_global_zero else {})
        model.load_state_dict(weights)
        passed[name] = result.progress
    figure = result.progress.best_loss
    if fabric.is_global_zero:
        export(path, weights, result.progress)
        one_thread()
        models = [("this run", load_model(path))]
        if request.init:
            models.append(("begun from", load_init(request.init, RowTransformer)))
        comparison = compare_on_rows(models, valid_rows, train_rows, progress=request.progress)
        summary = comparison.totals()[0][1].summary()
        figure = summary["nats_s"]
        figures = {f"valid_{name}": round(value, 4) for name, value in summary.items()}
        at_step = result.progress.step if kept else result.progress.best_step
        result.progress.metrics = {**figures, "step": at_step}
        export(path, weights, result.progress)
        write_report(
            request.folder,
            settings,
            _facts(request, [train_rows, *more], valid_rows, stages, passed),
            dict.fromkeys(passed, ("nats a row", "nats a second")),
            comparison,
            [
                plot_voices(request.folder, comparison),
                describe_grid(request.folder, train_rows, valid_rows),
            ],
        )
    fabric.barrier()
    steps = sum(at.step for at in passed.values())
    minutes = sum(at.seconds for at in passed.values()) / 60
    return Trained(
        path,
        request.folder / "report.md",
        f"{figure:.2f} nats a second on valid after {steps:,} steps, {minutes:.1f} minutes",
    )


def _facts(
    request: TrainRequest,
    learned: list[RowSplit],
    valid: RowSplit,
    stages: Sequence[RowStageSettings],
    passed: dict[str, Progress],
) -> str:
    """Return what was learned from, and how long it took."""
    songs, hours = sum(map(len, learned)), sum(float(s.seconds.sum()) for s in learned) / 3600
    begun = f"begun from {request.init}" if request.init else "begun from chance"
    lines = [
        f"{songs} songs to learn from ({hours:.1f} h), {len(valid)} to be measured by; {begun}."
    ]
    for stage, (name, at) in zip(stages, passed.items(), strict=True):
        kept = f"the best weights are those of step {at.best_step:,}"
        if stage.mean_of:
            steps = ", ".join(f"{step:,}" for step in stage.mean_of)
            kept = f"its weights are the mean of those after steps {steps}"
        lines.append(f"{name}: {at.step:,} steps in {at.seconds / 60:.1f} minutes; {kept}.")
    return " ".join(lines)


def _make_task(
    model: RowTransformer,
    train: RowSplit,
    valid: RowSplit,
    stage: RowStageSettings,
    name: str,
    *,
    half_precision: bool,
) -> RowsTask:
    """Return the task of a model and its settings."""
    return RowsTask(
        model,
        train,
        valid,
        rates=(stage.matrix_rate, stage.other_rate),
        weight_decay=stage.weight_decay,
        batch_rows=stage.batch_rows,
        augment=stage.augment(),
        every_song=stage.evaluate_every_song,
        half_precision=half_precision,
        dropout=stage.dropout,
        name=name,
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
    """Write weights of a model's shape as a checkpoint in half precision; it may replace one.

    Parameters
    ----------
    metrics, data, training
        What was measured, the data's fingerprint and the settings, for the checkpoint's header.
    """
    shipped = RowTransformer(model.config)
    shipped.load_state_dict(weights)
    info = ModelInfo(NAME, model.describe(), data, metrics, training or {})
    save_model(path, shipped, info, half=True, overwrite=True)


def _train_files(folder: Path) -> list[Path]:
    return find_splits(folder, needed=("train",))["train"]


def _load(
    request: TrainRequest,
    files: list[Path],
    split: str,
    *,
    labelled: bool = False,
    halved: bool = False,
) -> RowSplit:
    cache = (request.cache or request.folder) / f"rows-{split}.npz"
    return load_rows(files, cache, labelled=labelled, halved=halved, progress=request.progress)
