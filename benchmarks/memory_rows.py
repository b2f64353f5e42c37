"""Scores a trained row transformer with shorter memories than it was trained with.

    python -m benchmarks.memory_rows nesmdb_midi [CHECKPOINT] [--every 24]

Two memories are shortened, one at a time: how many rows back the copy features search for what
comes again, and how many rows the network itself attends to. Weights are the shipped ones if none
are named.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Final

from benchmarks.ablate_rows import with_lags
from chipgen.dataset.splits import split_files
from chipgen.models.checkpoint import load_model, one_thread
from chipgen.models.row_transformer.network import RowTransformer
from chipgen.rows.copy_features import MAX_LAG_ROWS
from chipgen.training.evaluate_rows import score_rows
from chipgen.training.rows_cache import prepare_rows

LAGS: Final = (32, 128, 512, MAX_LAG_ROWS)
CONTEXTS: Final = (32, 128, 512)


def main() -> None:
    """Print a line a memory."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("model", nargs="?", default="row-transformer")
    parser.add_argument("--every", type=int, default=24, help="score every so many-th song")
    options = parser.parse_args()
    one_thread()
    model = load_model(options.model)
    assert isinstance(model, RowTransformer)
    songs = prepare_rows(split_files(options.data)["valid"][:: options.every])
    for lags in LAGS:
        scores = score_rows(model, with_lags(songs, lags)).summary()
        print(f"copy features over {lags:5} rows {scores['nats_s']:8.2f} nats/s", flush=True)
    for context in CONTEXTS:
        scores = score_rows(_with_context(model, context), songs).summary()
        print(f"context of  {context:5} rows {scores['nats_s']:8.2f} nats/s", flush=True)


def _with_context(model: RowTransformer, rows: int) -> RowTransformer:
    """Return the same weights, attending to fewer rows."""
    config = model.config
    shorter = RowTransformer(replace(config, context=rows, window=min(rows, config.window)))
    shorter.load_state_dict(model.state_dict())
    return shorter.eval()


if __name__ == "__main__":
    main()
