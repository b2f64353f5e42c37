"""Described rows to a trained row transformer, resumable at any minute."""

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from chipgen.models.recall import VOICES
from chipgen.models.row_transformer import RowTransformer, RowTransformerConfig
from chipgen.training.rows_data import AugmentConfig, Batch, RowSplit, draw_batches
from chipgen.training.rows_evaluate import score_rows
from synth.files import atomic_path

EXPRESSION_WEIGHT: Final = 0.1


@dataclass(frozen=True, slots=True)
class RowTrainingConfig:
    """How a row transformer is trained.

    Attributes
    ----------
    steps, warmup, decay
        Optimiser steps in all, those over which the learning rate rises, and the share of them at
        the end over which it falls to zero.
    rows_a_batch
        Rows in a step.
    matrix_rate, other_rate
        Learning rates of the blocks' matrices (Muon) and of all else (AdamW).
    weight_decay
        Of the matrices.
    average
        Weight of the past in the running mean of weights, which is what is kept.
    evaluate_every, evaluate_songs
        Steps between evaluations; every how many-th valid song is scored then.
    save_every_s
        Seconds between checkpoints.
    seed
        Of everything drawn.
    """

    model: RowTransformerConfig = field(default_factory=RowTransformerConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    steps: int = 4000
    warmup: int = 100
    decay: float = 0.4
    rows_a_batch: int = 4096
    matrix_rate: float = 0.02
    other_rate: float = 0.002
    weight_decay: float = 0.02
    average: float = 0.997
    evaluate_every: int = 300
    evaluate_songs: int = 3
    save_every_s: float = 55.0
    seed: int = 1


def train_rows(
    config: RowTrainingConfig, train: RowSplit, valid: RowSplit, run_dir: Path
) -> RowTransformer:
    """Train, or go on where a run in `run_dir` stopped; the log is `log.jsonl` there."""
    run_dir.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(config.seed)
    model = RowTransformer(config.model)
    optimizers = _optimizers(model, config)
    average = {name: value.detach().clone() for name, value in model.state_dict().items()}
    step = 0
    state_path = run_dir / "state.pt"
    if state_path.is_file():
        state = torch.load(state_path, weights_only=True)
        model.load_state_dict(state["model"])
        for optimizer, stored in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(stored)
        average, step = state["average"], state["step"]
    # Batches after a resume differ from those of an unbroken run, but not from run to run.
    batches = draw_batches(
        train, config.rows_a_batch, config.model.context, config.augment,
        np.random.default_rng([config.seed, step]),
    )  # fmt: skip
    saved_at = time.monotonic()
    began, nats, rows = time.monotonic(), 0.0, 0
    while step < config.steps:
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] * _rate(step, config)
        batch = next(batches)
        loss, state_nats = batch_loss(model, batch)
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        step += 1
        keep = min(config.average, step / (step + 20.0))
        with torch.no_grad():
            for name, value in model.state_dict().items():
                average[name].lerp_(value, 1.0 - keep)
        count = int(batch.valid.sum())
        nats, rows = nats + float(state_nats) * count, rows + count
        if step % 50 == 0:
            _log(run_dir, step=step, train=nats / rows, rows_s=rows / (time.monotonic() - began))
            began, nats, rows = time.monotonic(), 0.0, 0
        if step % config.evaluate_every == 0 and step < config.steps:
            began_scoring = time.monotonic()
            scores = score_rows(_with(config.model, average), valid, every=config.evaluate_songs)
            _log(run_dir, step=step, **scores.summary())
            began += time.monotonic() - began_scoring
        if time.monotonic() - saved_at > config.save_every_s or step == config.steps:
            with atomic_path(state_path, overwrite=True) as temporary:
                torch.save(
                    {
                        "model": model.state_dict(),
                        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
                        "average": average,
                        "step": step,
                        "config": json.dumps(asdict(config)),
                    },
                    temporary,
                )
            saved_at = time.monotonic()
    return _with(config.model, average)


def batch_loss(model: RowTransformer, batch: Batch) -> tuple[Tensor, Tensor]:
    """Return the training loss, and the nats a row of the four states, means over valid rows."""
    codes, states = torch.from_numpy(batch.codes), torch.from_numpy(batch.states)
    valid = torch.from_numpy(batch.valid)
    volume, timbre = torch.from_numpy(batch.volume), torch.from_numpy(batch.timbre)
    with torch.autocast("cpu", torch.bfloat16):
        hidden = model(codes)
        # Padding is left out before the heads, which are half the work of short passages.
        hidden, codes, states = hidden[valid], codes[valid], states[valid]
        volume, timbre = volume[valid], timbre[valid]
        total = hidden.new_zeros((), dtype=torch.float32)
        expression = hidden.new_zeros((), dtype=torch.float32)
        for voice in range(VOICES):
            logits = model.state_logits(hidden, codes, states, voice)
            total = total + F.cross_entropy(logits, states[:, voice])
            if voice != 2:
                begun = states[:, voice] > 1
                if bool(begun.any()):
                    loud, colour = model.expression_logits(hidden[begun], states[begun], voice)
                    expression = expression + F.cross_entropy(loud, volume[begun, voice])
                    expression = expression + F.cross_entropy(colour, timbre[begun, voice])
    return total + EXPRESSION_WEIGHT * expression, total.detach()


def _optimizers(model: RowTransformer, config: RowTrainingConfig) -> list[torch.optim.Optimizer]:
    matrices = [p for p in model.blocks.parameters() if p.ndim == 2]
    chosen = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in chosen]
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.Muon(matrices, lr=config.matrix_rate, weight_decay=config.weight_decay),
        torch.optim.AdamW(others, lr=config.other_rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["initial_lr"] = group["lr"]
    return optimizers


def _rate(step: int, config: RowTrainingConfig) -> float:
    """Return the share of the learning rate at a step: up, level, and linearly down to nothing."""
    rise = min(1.0, (step + 1) / config.warmup)
    fall = (config.steps - step) / max(1.0, config.decay * config.steps)
    return min(rise, fall)


def _with(config: RowTransformerConfig, weights: dict[str, Tensor]) -> RowTransformer:
    model = RowTransformer(config)
    model.load_state_dict(weights)
    return model.eval()


def _log(run_dir: Path, **values: Any) -> None:
    with (run_dir / "log.jsonl").open("a") as stream:
        rounded = {key: round(float(value), 5) for key, value in values.items()}
        stream.write(json.dumps({"time": round(time.time()), **rounded}) + "\n")
