"""The saved state of a row transformer's training to a checkpoint that composes.

    python -m chipgen.training.export_state run/row-transformer.state.pt mine.safetensors
    python -m chipgen.training.export_state state.pt mine.safetensors --data nesmdb_midi

A training keeps its best weights by itself; this is for one that was stopped before its first
evaluation, that ran elsewhere, or whose latest weights are wanted.
"""

import argparse
from pathlib import Path
from typing import Any

from chipgen.models.checkpoint import one_thread
from chipgen.models.row_transformer.network import RowTransformer, RowTransformerConfig
from chipgen.training.rows_data import load_rows
from chipgen.training.rows_evaluate import score_rows
from chipgen.training.state import load_state
from chipgen.training.train_row_transformer import export_rows
from chipgen.training.user_dataset import find_splits


def export_state(
    state_path: Path, target: Path, *, data: Path | None = None, cache: Path | None = None
) -> dict[str, float]:
    """Write the running mean of a state's weights as a checkpoint, over one that is there.

    Parameters
    ----------
    state_path
        A state of any version.
    target
        The checkpoint to write.
    data, cache
        Songs to be measured by, the held-out ones of this folder, and a file to keep their rows
        in; nothing is measured if there is no folder.

    Returns
    -------
    dict
        What the checkpoint tells of itself: step, and the figures if it was measured.

    Raises
    ------
    ChipgenError
        If the state cannot be read.
    """
    state = load_state(state_path)
    described = state.identity
    training: dict[str, Any] = described.get("settings", described)
    model = RowTransformer(_read_sizes(training))
    model.load_state_dict(state.average or state.model)
    model.eval()
    metrics: dict[str, float] = {"step": state.progress.step}
    if data is not None:
        one_thread()
        valid = load_rows(find_splits(data)["valid"], cache, progress=True)
        scores = score_rows(model, valid, half_precision=False).summary()
        metrics |= {f"valid_{name}": round(value, 4) for name, value in scores.items()}
    export_rows(
        target, model, model.state_dict(), metrics,
        data=str(described.get("data", "")), training=training,
    )  # fmt: skip
    return metrics


def _read_sizes(training: dict[str, Any]) -> RowTransformerConfig:
    """Return the network of a training's settings, whichever version wrote them."""
    sizes = dict(training.get("network") or training["model"])
    if "copying" in sizes:
        sizes["copy"] = sizes.pop("copying")
    return RowTransformerConfig(**sizes)


def main() -> None:
    """Export as the command line says, and tell the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("state", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--data", type=Path, help="folder of songs to measure by")
    parser.add_argument("--cache", type=Path, help="file to keep their rows in")
    wanted = parser.parse_args()
    figures = export_state(wanted.state, wanted.target, data=wanted.data, cache=wanted.cache)
    print(f"{wanted.target}: " + ", ".join(f"{name} {value:g}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
