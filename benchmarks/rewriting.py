"""Measures how well rewritten voices and bars fit what is kept.

Of every n-th song of a split, 64 rows after the first 128 are written anew: the first pulse around
the three other voices, and all voices before the rows that follow.

    python -m benchmarks.rewriting DIR valid --every 4
"""

import argparse
from pathlib import Path

import numpy as np

from chipgen.composing.composer import load_composer
from chipgen.composing.infill import AFTER_ROWS, CANDIDATES
from chipgen.composing.pitch_class_bias import PitchClassBias
from chipgen.dataset.splits import split_files
from chipgen.errors import ChipgenError
from chipgen.models.registry import models_that
from chipgen.models.row_transformer.conditional_sampling import PROPOSALS, state_after
from chipgen.models.row_transformer.sampling import RowSampling
from chipgen.music.midi import read_midi
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_states import Rows

BEFORE, PASSAGE = 128, 64  # rows
KEEP_ALL_BUT_FIRST = np.array([False, True, True, True])
KEEP_NONE = np.zeros(4, dtype=np.bool_)


def heard_rows(path: Path) -> Rows | None:
    """Return a song's rows if they are enough and all pulses and the triangle play in them."""
    try:
        rows = Prompt.of(read_midi(path)).encoded.rows
    except ChipgenError:
        return None
    written = rows[BEFORE : BEFORE + PASSAGE]
    plays = (written.states[:, :3] > 1).any(axis=0).all() if len(written) == PASSAGE else False
    return rows if plays and len(rows) >= BEFORE + PASSAGE + AFTER_ROWS else None


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("split", nargs="?", default="valid")
    parser.add_argument("--every", type=int, default=4)
    options = parser.parse_args()
    model = load_composer(models_that("rewrite")[0], "rewrite").model
    kept: dict[int, list[float]] = {1: [], PROPOSALS: []}
    after: dict[str, list[float]] = {
        "as it was": [],
        "one candidate": [],
        f"best of {CANDIDATES}": [],
    }
    for path in split_files(options.data)[options.split][:: options.every]:
        rows = heard_rows(path)
        if rows is None:
            continue
        before, passage = rows[:BEFORE], rows[BEFORE : BEFORE + PASSAGE]
        following = rows[BEFORE + PASSAGE : BEFORE + PASSAGE + AFTER_ROWS]
        state = state_after(model, before)
        start = state.save(PASSAGE + AFTER_ROWS)
        sampling = RowSampling(pitch_bias=PitchClassBias(rows, 1.0).bias)
        for proposals, nats in kept.items():
            state.restore(start)
            rng = np.random.default_rng(0)
            candidate = state.fill(passage, KEEP_ALL_BUT_FIRST, sampling, rng, proposals)
            nats.append(candidate.kept_nats / PASSAGE)
        candidates = []
        for number in range(CANDIDATES):
            state.restore(start)
            state.fill(passage, KEEP_NONE, sampling, np.random.default_rng(number))
            candidates.append(state.measure(following) / AFTER_ROWS)
        state.restore(start)
        state.extend(passage)
        after["as it was"].append(state.measure(following) / AFTER_ROWS)
        after["one candidate"].append(candidates[0])
        after[f"best of {CANDIDATES}"].append(min(candidates))
    print(f"{options.split}: {len(kept[1])} songs, {PASSAGE} rows of each written anew")
    print("nats a row of the kept second pulse, triangle and noise around a new first pulse:")
    for proposals, nats in kept.items():
        gain = np.array(kept[1]) - np.array(nats)
        error = gain.std() / max(1, len(gain)) ** 0.5
        print(f"  {proposals} proposals a row: {np.mean(nats):.3f}"
              f" ({gain.mean():.3f} ± {error:.3f} better)")  # fmt: skip
    print(f"nats a row of the {AFTER_ROWS} rows after bars written anew:")
    for name, nats in after.items():
        print(f"  {name}: {np.mean(nats):.3f}")


if __name__ == "__main__":
    main()
