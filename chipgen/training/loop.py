"""A task and its settings to trained weights: the one loop under every model.

Everything random in a step follows from the seed and the step's number, and in an epoch from the
seed and the epoch's number. So the state to be saved is small, and a run that is killed and
resumed ends in the same weights as one that is not.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from chipgen.training.config import RunSettings, StageSettings
from chipgen.training.curves import Curves
from chipgen.training.state import Progress, load_state, save_state

Plan = TypeVar("Plan")


class Task(Protocol, Generic[Plan]):
    """What is to be learned.

    Attributes
    ----------
    name
        The stage's name in files and curves.
    model
        The network; its parameters that do not ask for a gradient are left alone.
    """

    name: str

    @property
    def model(self) -> nn.Module:
        """The network."""

    def plan_epoch(self, rng: np.random.Generator) -> list[Plan]:
        """Choose an epoch's batches; building one is left to `loss`, so skipping is free."""

    def loss(self, plan: Plan) -> tuple[Tensor, float]:
        """Return the summed loss of a batch and what to divide it by."""

    def validate(self) -> dict[str, float]:
        """Measure on the validation data; `valid_loss` decides when to stop."""


@dataclass(frozen=True, slots=True)
class FitResult:
    """What came of it.

    Attributes
    ----------
    weights
        Of the epoch with the lowest validation loss.
    progress
        Epochs, steps, seconds and the best epoch's figures.
    """

    weights: dict[str, Tensor]
    progress: Progress


def fit(
    task: Task[Any],
    stage: StageSettings,
    run: RunSettings,
    folder: Path,
    identity: dict[str, Any],
    *,
    progress_bar: bool = False,
    on_best: Callable[[dict[str, Tensor], Progress], None] | None = None,
) -> FitResult:
    """Train until the validation loss stops falling, going on from a saved state if there is one.

    Parameters
    ----------
    task, stage, run
        What is learned, and how.
    folder
        The run's folder; the state is `NAME.state.safetensors` in it.
    identity
        What the run is of; a saved state of anything else is refused.
    on_best
        Called after each epoch that is the best so far.
    """
    torch.set_num_threads(run.threads)
    path = folder / f"{task.name}.state.safetensors"
    parameters = [p for p in task.model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        parameters, stage.learning_rate, betas=(0.9, 0.99), weight_decay=stage.weight_decay
    )
    state, best = Progress(), _copy_weights(task.model)
    if path.exists():
        state, best = load_state(path, task.model, optimizer, identity)
    curves = Curves(folder, task.name, state.epoch)
    clock = _Clock(run.checkpoint_s, state.seconds)

    def save() -> None:
        state.seconds = clock.mark()
        save_state(path, task.model, best, optimizer, state, identity)

    while not state.done:
        plans = task.plan_epoch(np.random.default_rng([run.seed, state.epoch]))
        task.model.train()
        for plan in _show(plans, state, task.name, shown=progress_bar):
            share = (state.epoch + state.batch / len(plans)) / stage.epochs
            _set_rate(optimizer, stage, state.step, share)
            _seed_step(run.seed, state.step)
            _step(task, plan, optimizer, parameters, stage.clip, state)
            if clock.due():
                save()
        task.model.eval()
        with torch.no_grad():
            figures = task.validate()
        figures["train_loss"] = state.loss_sum / state.loss_weight
        curves.log(state.epoch, {**figures, "step": state.step, "seconds": round(clock.spent(), 1)})
        improved = _close_epoch(state, figures, stage)
        if improved:
            best = _copy_weights(task.model)
        save()
        if improved and on_best is not None:
            on_best(best, state)
    curves.close()
    return FitResult(best, state)


def _show(plans: list[Plan], state: Progress, name: str, *, shown: bool) -> Iterator[Plan]:
    """Yield the batches that are still to be done in this epoch, with a bar on a terminal."""
    with tqdm(
        total=len(plans),
        initial=state.batch,
        desc=f"{name} epoch {state.epoch + 1}",
        unit="batch",
        disable=None if shown else True,  # None: only on a terminal
    ) as bar:
        for plan in plans[state.batch :]:
            yield plan
            bar.update()
            bar.set_postfix(loss=f"{state.loss_sum / state.loss_weight:.3f}", refresh=False)


def _step(
    task: Task[Any],
    plan: Any,
    optimizer: torch.optim.Optimizer,
    parameters: list[nn.Parameter],
    clip: float,
    state: Progress,
) -> None:
    loss, weight = task.loss(plan)
    optimizer.zero_grad(set_to_none=True)
    (loss / weight).backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(parameters, clip)
    optimizer.step()
    state.step += 1
    state.batch += 1
    state.loss_sum += float(loss.detach())
    state.loss_weight += weight


def _close_epoch(state: Progress, figures: dict[str, float], stage: StageSettings) -> bool:
    """Go on to the next epoch, or end; return whether this one was the best so far."""
    improved = figures["valid_loss"] < state.best_loss
    if improved:
        state.best_loss, state.best_epoch = figures["valid_loss"], state.epoch
        state.metrics = dict(figures)
    state.bad_epochs = 0 if improved else state.bad_epochs + 1
    state.epoch += 1
    state.batch, state.loss_sum, state.loss_weight = 0, 0.0, 0.0
    state.done = state.epoch >= stage.epochs or state.bad_epochs >= stage.patience
    return improved


class _Clock:
    """Tells when the state is to be saved, and how long the run has taken over all sittings."""

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


def _set_rate(
    optimizer: torch.optim.Optimizer, stage: StageSettings, step: int, share: float
) -> None:
    rise = min(1.0, (step + 1) / (stage.warmup_steps + 1))
    fall = max(0.01, 0.5 * (1.0 + math.cos(math.pi * share)))
    for group in optimizer.param_groups:
        group["lr"] = stage.learning_rate * rise * fall


def _seed_step(seed: int, step: int) -> None:
    # Dropout draws from torch's own generator, which cannot be handed to an LSTM; it is set anew
    # for every step, so that nothing but the step's number has to survive a kill.
    torch.manual_seed((seed * 1_000_003 + step) % 2**63)


def _copy_weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
