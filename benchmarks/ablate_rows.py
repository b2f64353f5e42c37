"""Trains small row transformers, each without one of its parts, and prints how they compare.

    python benchmarks/ablate_rows.py nesmdb_midi runs/ablation

Every model has the same sizes, steps and seed; under a minute each on one core, after a minute
of reading. The figures rank parts; they are far from what a long training reaches.
"""

import sys
from dataclasses import replace
from pathlib import Path

import torch

from chipgen.dataset.nesmdb import split_files
from chipgen.models.row_transformer import RowTransformerConfig
from chipgen.training.rows_data import AugmentConfig, load_rows
from chipgen.training.rows_evaluate import score_rows
from chipgen.training.rows_loop import RowTrainingConfig, train_rows

SIZES = RowTransformerConfig(
    dim=128, layers=3, heads=2, head_dim=64, mlp=512, voice_dim=128, context=512
)
BASE = RowTrainingConfig(
    model=SIZES, steps=150, warmup=20, rows_a_batch=2048, average=0.97, evaluate_every=10**6,
    evaluate_songs=6,
)  # fmt: skip
VARIANTS = {
    "all parts": BASE,
    "no recall (nothing to copy)": replace(BASE, model=replace(SIZES, copy=False)),
    "no relative logits": replace(BASE, model=replace(SIZES, relative=False)),
    "no transposition": replace(BASE, augment=AugmentConfig(transpose=0)),
    "no change of pulses": replace(BASE, augment=AugmentConfig(swap=0.0)),
    "context of 128 rows": replace(BASE, model=replace(SIZES, context=128, window=64)),
}


def main() -> None:
    """Train each variant once."""
    data, runs = Path(sys.argv[1]), Path(sys.argv[2])
    runs.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    files = split_files(data)
    train = load_rows(files["train"], runs / "train.npz")
    valid = load_rows(files["valid"], runs / "valid.npz")
    print(f"{'':30}nats/s on every sixth song of valid", flush=True)
    for number, (name, config) in enumerate(VARIANTS.items()):
        model = train_rows(config, train, valid, runs / str(number))
        scores = score_rows(model, valid, every=config.evaluate_songs).summary()
        print(f"{name:30}{scores['nats_s']:8.2f}", flush=True)


if __name__ == "__main__":
    main()
