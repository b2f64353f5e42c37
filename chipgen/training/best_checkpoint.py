"""Keeps the best weights and preview takes while a training runs."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import torch

from chipgen.models.checkpoint import read_model
from chipgen.training.run_state import Progress
from chipgen.training.schedule import Schedule
from chipgen.training.trainer import OnEvaluation
from chipgen.training.training_request import TrainRequest
from chipgen.training.training_task import Weights

Export = Callable[[Path, Weights, Progress], None]
"""Writes weights as a model's checkpoint."""


def keep_checkpoints(
    request: TrainRequest,
    schedule: Schedule,
    path: Path,
    export: Export,
    seed: Path | None,
    kept: Mapping[int, Path] | None = None,
) -> OnEvaluation:
    """Return what to do after an evaluation: keep the best weights, and render a preview.

    Parameters
    ----------
    path
        Of the checkpoint that the best weights are kept in.
    export
        Writes it.
    seed
        What previews go on from.
    kept
        Checkpoints that keep the weights after some steps, by step, even if they are not the best.
    """

    def keep(weights: Weights, at: Progress, improved: bool) -> None:
        if improved:
            export(path, weights, at)
        if kept and at.step in kept:
            export(kept[at.step], weights, at)
        if request.preview is None or seed is None:
            return
        stem = preview_stem(request.folder, at, by_epoch=not schedule.evaluate_steps)
        passing = request.folder / f".{stem.name}.safetensors"
        export(passing, weights, at)
        try:
            request.preview(passing, seed, stem)
        finally:
            passing.unlink(missing_ok=True)

    return keep


def mean_weights(paths: Iterable[Path]) -> Weights:
    """Return the mean of the weights of checkpoints that have the same arrays; float32."""
    stored = [read_model(path)[0] for path in paths]
    return {
        name: torch.stack([weights[name].float() for weights in stored]).mean(dim=0)
        for name in stored[0]
    }


def preview_stem(folder: Path, at: Progress, *, by_epoch: bool) -> Path:
    """Return where a preview goes, without its suffix.

    Examples
    --------
    >>> preview_stem(Path("run"), Progress(epoch=3, step=40), by_epoch=True).name
    'preview-epoch-03'
    >>> preview_stem(Path("run"), Progress(epoch=3, step=1750), by_epoch=False).name
    'preview-step-001750'
    """
    return folder / (f"preview-epoch-{at.epoch:02d}" if by_epoch else f"preview-step-{at.step:06d}")
