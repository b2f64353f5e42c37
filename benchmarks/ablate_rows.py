"""Trains small row transformers, each unlike the first in one thing, and prints how they compare.

    python -m benchmarks.ablate_rows nesmdb_midi runs/ablation
    python -m benchmarks.ablate_rows nesmdb_midi runs/ablation "no copy features" --seeds 3

Every model has the same sizes and steps; a minute or two each on one core, after some minutes of
reading. What is done is kept in `results.jsonl` and not done again. The figures rank parts; they
are far from what a long training reaches.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import chain, count
from pathlib import Path
from typing import Final

import numpy as np
import torch

from benchmarks.lattice_inputs import LatticeChordTransformer, LatticePitchTransformer
from chipgen.dataset.splits import split_files
from chipgen.models.row_transformer.network import RowTransformer, RowTransformerConfig
from chipgen.rows import copy_features
from chipgen.rows.row_features import describe_rows_all
from chipgen.training.evaluate_rows import score_rows
from chipgen.training.rows_cache import RowSplit, load_rows
from chipgen.training.rows_objective import RowsTask
from chipgen.training.rows_passages import AugmentConfig

STEPS, WARMUP, FALL = 300, 20, 0.5  # steps; those of rising rate; the share of falling rate
ROWS_A_BATCH: Final = 2048
EVERY: Final = 6  # songs of valid that are scored: every sixth
SIZES = RowTransformerConfig(
    dim=128, layers=3, heads=2, head_dim=64, mlp=512, voice_dim=128, context=512
)


@dataclass(frozen=True)
class Variant:
    """One thing that is different."""

    sizes: RowTransformerConfig = SIZES
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    network: type[RowTransformer] = RowTransformer
    lags: int = copy_features.MAX_LAG_ROWS  # rows back that the copy features search
    task: str = "rows"  # what it is trained on
    dropout: float = 0.0
    every: int = 1  # every how many-th song of train it learns from


def _context(rows: int) -> Variant:
    return Variant(replace(SIZES, context=rows, window=min(rows, SIZES.window)))


VARIANTS: Final = {
    "all parts": Variant(),
    "no copy features": Variant(replace(SIZES, copy=False)),
    "no relative logits": Variant(replace(SIZES, relative=False)),
    "no transposition": Variant(augment=AugmentConfig(transpose=0)),
    "no change of pulses": Variant(augment=AugmentConfig(swap=0.0)),
    "pitches by the lattice": Variant(network=LatticePitchTransformer),
    "chord by the lattice": Variant(network=LatticeChordTransformer),
    "pitches by the lattice, no copy features": Variant(
        replace(SIZES, copy=False), network=LatticePitchTransformer
    ),
    "context 32": _context(32),
    "context 128": _context(128),
    "context 1024": _context(1024),
    "copy features over 32": Variant(lags=32),
    "copy features over 128": Variant(lags=128),
    "copy features over 512": Variant(lags=512),
    "at 12 Hz": Variant(task="frames12"),
    # Few songs, heard some ten and forty times each: what keeps them from being learned by heart.
    **{
        f"{songs} songs{name}": replace(variant, every=every)
        for songs, every in (("few", 24), ("fewer", 96))
        for name, variant in {
            "": Variant(),
            ", not transposed, pulses as they are": Variant(
                augment=AugmentConfig(transpose=0, swap=0.0)
            ),
            ", dropout .1": Variant(dropout=0.1),
            ", voices left out of .15": Variant(augment=AugmentConfig(drop_voices=0.15)),
            ", volume by 2, tempo by .1": Variant(augment=AugmentConfig(volume=2, tempo=0.1)),
            ", all of these": Variant(
                augment=AugmentConfig(drop_voices=0.15, volume=2, tempo=0.1), dropout=0.1
            ),
        }.items()
    },
}


def main() -> None:
    """Train each variant with each seed, unless it is done; print means over seeds."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("runs", type=Path)
    parser.add_argument("names", nargs="*", default=list(VARIANTS), metavar="VARIANT")
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    options.runs.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    files = split_files(options.data)

    def load(split: str, task: str, lags: int, every: int = 1) -> RowSplit:
        name = split if task == "rows" else f"{split}-{task}"
        name += f"-{every}" if every > 1 else ""
        data = load_rows(files[split][::every], options.runs / f"{name}.npz", task)
        return data if lags == copy_features.MAX_LAG_ROWS else with_lags(data, lags)

    print(f"{'':48}{'nats/s':>8}{'spread':>8}{'nats a 12 Hz frame':>20}", flush=True)
    for name in options.names:
        scores = [_score(name, seed, options.runs, load) for seed in range(1, options.seeds + 1)]
        line = f"{name:48}"
        for key, width in (("rows", 8), ("frames12", 20)):
            values = [score[key] for score in scores if key in score]
            line += f"{np.mean(values):{width}.2f}" if values else " " * width
            if key == "rows":
                line += f"{np.ptp(values):8.2f}" if values else " " * 8
        print(line, flush=True)


def _score(name: str, seed: int, runs: Path, load: Callable[..., RowSplit]) -> dict[str, float]:
    """Return a variant's figures: nats a second on rows, nats a frame at 12 Hz."""
    log = runs / "results.jsonl"
    done = [json.loads(line) for line in log.read_text().splitlines()] if log.is_file() else []
    for entry in done:
        if (entry["name"], entry["seed"], entry["steps"]) == (name, seed, STEPS):
            return dict(entry["scores"])
    variant = VARIANTS[name]
    model = _train(variant, load("train", variant.task, variant.lags, variant.every), seed)
    scores = {}
    if variant.task == "rows":
        valid = load("valid", "rows", variant.lags)
        scores["rows"] = score_rows(model, valid, every=EVERY).summary()["nats_s"]
    if name in {"all parts", "at 12 Hz"}:
        valid = load("valid", "frames12", variant.lags)
        scores["frames12"] = score_rows(model, valid, every=EVERY).summary()["nats_step"]
    with log.open("a") as stream:
        entry = {"name": name, "seed": seed, "steps": STEPS, "scores": scores}
        stream.write(json.dumps(entry) + "\n")
    return scores


def _train(variant: Variant, data: RowSplit, seed: int) -> RowTransformer:
    """Train a network for `STEPS` steps, as the shipped one in small."""
    torch.manual_seed(seed)
    model = variant.network(variant.sizes)
    task = RowsTask(
        model, data, data, rates=(0.02, 0.002), weight_decay=0.02, batch_rows=ROWS_A_BATCH,
        augment=variant.augment, every_song=EVERY, half_precision=True, dropout=variant.dropout,
    )  # fmt: skip
    optimizers, shares = task.optimizers(), torch.tensor(task.shares)
    rng = np.random.default_rng(seed)
    plans = chain.from_iterable(task.plan_epoch(rng) for _ in count())
    for step, plan in zip(range(STEPS), plans, strict=False):
        share = min(1.0, (step + 1) / WARMUP, (STEPS - step) / (FALL * STEPS))
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = share * group["initial_lr"]
            optimizer.zero_grad(set_to_none=True)
        batch = task.build(plan, counted=True, device=torch.device("cpu"))
        with torch.autocast("cpu", torch.bfloat16):
            sums = task.objective(*batch.tensors)
        loss = (sums / batch.counts.clamp(min=1.0) * shares).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
    return model.eval()


def with_lags(data: RowSplit, lags: int) -> RowSplit:
    """Return songs described again with copy features that search `lags` rows back."""
    shipped = copy_features.MAX_LAG_ROWS
    copy_features.MAX_LAG_ROWS = lags  # type: ignore[misc]
    try:
        parts = [describe_rows_all(data.rows[data.span(song)]) for song in range(len(data))]
    finally:
        copy_features.MAX_LAG_ROWS = shipped  # type: ignore[misc]
    return replace(data, codes=np.concatenate(parts))


if __name__ == "__main__":
    main()
