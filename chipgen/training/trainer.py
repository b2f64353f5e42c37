"""The training loop that every model shares.

Everything random in an epoch follows from the seed and the epoch's number, and in a step from the
seed and the step's number. So the state to be saved is small, and a run that is killed and resumed
ends in the same weights as one that is not. On several devices each takes its share of every
batch, and the sums are what one device would have had.
"""

import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from chipgen.errors import ChipgenError
from chipgen.training.curves import Curves
from chipgen.training.run_state import Progress, State, load_state, save_state
from chipgen.training.schedule import Schedule
from chipgen.training.training_settings import RunSettings
from chipgen.training.training_task import Task, Weights
from synth.temporary_files import sweep_folder

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@dataclass(frozen=True, slots=True)
class FitResult:
    """What came of it.

    Attributes
    ----------
    weights
        Those with the lowest validation loss.
    progress
        Epochs, steps, seconds and the best evaluation's figures.
    """

    weights: Weights
    progress: Progress


OnEvaluation = Callable[[Weights, Progress, bool], None]
"""Called with the weights just measured, where the run stands, and whether they are the best."""


def fit(
    task: Task[Any],
    schedule: Schedule,
    run: RunSettings,
    folder: Path,
    identity: dict[str, Any],
    fabric: "Fabric",
    *,
    progress_bar: bool = False,
    on_evaluation: OnEvaluation | None = None,
) -> FitResult:
    """Train to the schedule's end, or until the validation loss stops falling.

    Parameters
    ----------
    task, schedule, run
        What is learned, and how.
    folder
        The run's folder; the state is `NAME.state.pt` in it, and is resumed from if it exists.
    identity
        What the run is of; a saved state of anything else is refused.
    fabric
        The devices, launched.
    on_evaluation
        Called by the first process after each evaluation.
    """
    torch.set_num_threads(run.threads)
    fitter = _Fitter(task, schedule, run, folder, identity, fabric, on_evaluation)
    try:
        return fitter.run(progress_bar=progress_bar and fabric.is_global_zero)
    finally:
        fitter.close()


class _Fitter:
    """One training: what the steps share."""

    def __init__(
        self,
        task: Task[Any],
        schedule: Schedule,
        run: RunSettings,
        folder: Path,
        identity: dict[str, Any],
        fabric: "Fabric",
        on_evaluation: OnEvaluation | None,
    ) -> None:
        self._task, self._schedule, self._run, self._fabric = task, schedule, run, fabric
        self._identity, self._on_evaluation = identity, on_evaluation
        self._path = folder / f"{task.name}.state.pt"
        raw = task.optimizers()
        self._objective, *self._steppers = fabric.setup(task.objective, *raw)
        self._optimizers = raw
        self._moving = [p for p in task.objective.parameters() if p.requires_grad]
        self._shares = torch.tensor(task.shares, device=fabric.device)
        self._average = _copy(task.model) if schedule.average else {}
        self._best = _copy(task.model)
        self._progress = Progress()
        if fabric.is_global_zero:
            sweep_folder(folder)
        if self._path.exists():
            self._go_on()
        self._curves = (
            Curves(folder, task.name, self._progress.step) if fabric.is_global_zero else None
        )
        self._clock = _Clock(run.checkpoint_s, self._progress.seconds)

    def run(self, *, progress_bar: bool) -> FitResult:
        """Take steps until the end."""
        at, schedule = self._progress, self._schedule
        if schedule.evaluate_first and not at.step:
            self._evaluate()
        if at.owes_evaluation or (self._is_at_end() and not at.done):
            self._pass_mark()
        only_on_terminals = None
        bar = tqdm(
            desc=self._task.name,
            initial=at.step,
            unit="step",
            disable=only_on_terminals if progress_bar else True,
        )
        while not at.done:
            plans = self._task.plan_epoch(np.random.default_rng([self._run.seed, at.epoch]))
            if not plans:
                raise ChipgenError("the training songs are too short to learn from")
            to_come = ((schedule.epochs or 1) - at.epoch) * len(plans) - at.batch
            bar.total = schedule.steps or at.step + to_come
            for plan in plans[at.batch :]:
                self._step(plan, len(plans))
                bar.update()
                bar.set_postfix(
                    epoch=at.epoch + 1, loss=f"{at.loss_sum / at.loss_weight:.3f}", refresh=False
                )
                ends_epoch = at.batch == len(plans)
                if ends_epoch:
                    at.epoch, at.batch = at.epoch + 1, 0
                every = schedule.evaluate_steps
                if self._is_at_end() or (at.step % every == 0 if every else ends_epoch):
                    at.owes_evaluation = True
                    self._save()  # measuring takes its time, too, and a kill should not cost both
                    self._pass_mark()
                    if at.done:
                        break
                    continue
                if schedule.log_steps and at.step % schedule.log_steps == 0:
                    self._log({})
                if self._clock.due():
                    self._save()
        bar.close()
        return FitResult(self._best, at)

    def close(self) -> None:
        """Finish writing curves, however the training ended."""
        if self._curves is not None:
            self._curves.close()

    def _step(self, plan: list[Any], batches: int) -> None:
        fabric, at, schedule = self._fabric, self._progress, self._schedule
        way = (
            at.step / schedule.steps
            if schedule.steps is not None
            else (at.epoch + at.batch / batches) / (schedule.epochs or 1)
        )
        rise = min(1.0, (at.step + 1) / (schedule.warmup_steps + 1))
        for optimizer in self._optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] * rise * schedule.fall(way)
        # Dropout draws from torch's own generator, which cannot be handed to an LSTM; it is set
        # seeded for every step, so that only the step's number has to survive a kill.
        torch.manual_seed(self._run.seed * 1_000_003 + at.step + (fabric.global_rank << 40))
        mine = plan[fabric.global_rank :: fabric.world_size]
        batch = self._task.build(mine or plan[:1], counted=bool(mine), device=fabric.device)
        counts = self._sum(batch.counts).clamp(min=1.0)
        self._objective.train()
        # What a network makes in passing is made where its weights are.
        with contextlib.nullcontext() if fabric.device.type == "cpu" else fabric.device:
            sums = self._objective(*batch.tensors)
            # Devices' gradients are averaged, and so the sums made up for that.
            loss = (sums / counts * self._shares).sum() * fabric.world_size
        for stepper in self._steppers:
            stepper.zero_grad(set_to_none=True)
        fabric.backward(loss)
        nn.utils.clip_grad_norm_(self._moving, schedule.clip)
        for stepper in self._steppers:
            stepper.step()
        at.step += 1
        at.batch += 1
        at.loss_sum += float(self._sum(sums.detach())[0])
        at.loss_weight += float(counts[0])
        if schedule.average:
            kept = min(schedule.average, at.step / (at.step + 20.0))
            with torch.no_grad():
                for name, value in self._task.model.state_dict().items():
                    self._average[name].lerp_(value, 1.0 - kept)

    def _pass_mark(self) -> None:
        """Evaluate if the schedule asks for it at this step, and end if this is the end."""
        self._evaluate()
        self._progress.owes_evaluation = False
        self._progress.done |= self._is_at_end()
        self._save()

    def _is_at_end(self) -> bool:
        at, schedule = self._progress, self._schedule
        if schedule.steps is not None:
            return at.step >= schedule.steps
        return at.epoch >= (schedule.epochs or 1)

    def _evaluate(self) -> None:
        """Measure, remember the best, and decide whether to go on."""
        at, schedule = self._progress, self._schedule
        weights = {
            name: value.detach().cpu()
            for name, value in (self._average or self._task.model.state_dict()).items()
        }
        figures = self._task.validate(weights) if self._fabric.is_global_zero else {}
        torch.set_num_threads(self._run.threads)  # measuring may have set another number
        figures = self._fabric.broadcast(figures)
        improved = figures["valid_loss"] < at.best_loss
        if not improved and not math.isfinite(at.best_loss):
            raise ChipgenError(
                f"{self._task.name}: after {at.step} steps the loss is no number any more; begin a "
                "new run with a lower learning rate"
            )
        if improved:
            at.best_loss, at.best_step = figures["valid_loss"], at.step
            self._best = {name: value.clone() for name, value in weights.items()}
        at.evaluations_since_best = 0 if improved else at.evaluations_since_best + 1
        at.done = schedule.patience is not None and at.evaluations_since_best >= schedule.patience
        self._log(figures)
        if improved:
            at.metrics = dict(figures)
        if self._on_evaluation is not None and self._fabric.is_global_zero:
            self._on_evaluation(weights, at, improved)

    def _log(self, figures: dict[str, float]) -> None:
        at = self._progress
        if at.loss_weight:
            figures["train_loss"] = at.loss_sum / at.loss_weight
        at.loss_sum, at.loss_weight = 0.0, 0.0
        if self._curves is not None:
            figures = {**figures, "epoch": at.epoch, "seconds": round(self._clock.spent(), 1)}
            self._curves.log(at.step, figures)

    def _save(self) -> None:
        self._progress.seconds = self._clock.mark()
        if not self._fabric.is_global_zero:
            return
        state = State(
            model=self._task.model.state_dict(),
            optimizers=[optimizer.state_dict() for optimizer in self._optimizers],
            average=self._average,
            best=self._best,
            progress=self._progress,
            identity=self._identity,
        )
        save_state(self._path, state)

    def _go_on(self) -> None:
        state = load_state(self._path, self._identity)
        try:
            self._task.model.load_state_dict(state.model)
            for weights in filter(None, (state.average, state.best)):
                if _shapes(weights) != _shapes(state.model):
                    raise ValueError("its weights and their mean are not of one model")
            for optimizer, stored in zip(self._optimizers, state.optimizers, strict=True):
                optimizer.load_state_dict(stored)
        except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
            reason = " ".join(str(error).split())[:120]
            raise ChipgenError(
                f"{self._path} does not fit this training ({reason}); begin a new run in another "
                "folder"
            ) from error
        if self._schedule.average:
            self._average = {n: self._fabric.to_device(v) for n, v in state.average.items()}
        self._best, self._progress = state.best, state.progress

    def _sum(self, values: Tensor) -> Tensor:
        if self._fabric.world_size == 1:
            return values
        total: Tensor = self._fabric.all_reduce(values.clone(), reduce_op="sum")  # type: ignore[assignment]
        return total


class _Clock:
    """Decides when the state is to be saved, and counts the time of the run over all its starts."""

    def __init__(self, every_s: float, spent_s: float) -> None:
        self._every_s = every_s
        self._began = time.monotonic() - spent_s
        self._saved = time.monotonic()

    def due(self) -> bool:
        return time.monotonic() - self._saved >= self._every_s

    def spent(self) -> float:
        return time.monotonic() - self._began

    def mark(self) -> float:
        self._saved = time.monotonic()
        return self.spent()


def _shapes(weights: Weights) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in weights.items()}


def _copy(model: nn.Module) -> Weights:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
