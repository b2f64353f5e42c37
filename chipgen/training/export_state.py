"""Writes the saved state of a row transformer's training as a checkpoint that composes.

A training keeps its best weights by itself; this is for one that was stopped before its first
evaluation, that ran elsewhere, or whose latest weights are needed.
"""

from pathlib import Path
from typing import Any

from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import one_thread
from chipgen.models.row_transformer.checkpoint_layout import read_config
from chipgen.models.row_transformer.config import RowTransformerConfig
from chipgen.models.row_transformer.network import RowTransformer
from chipgen.training.evaluate_rows import score_rows
from chipgen.training.rows_cache import load_rows
from chipgen.training.run_state import load_state
from chipgen.training.train_row_transformer import NAME, export_rows
from chipgen.training.user_dataset import find_splits
from synth.atomic_write import check_writable


def export_state(
    state_path: Path,
    target: Path,
    *,
    data: Path | None = None,
    cache: Path | None = None,
    overwrite: bool = False,
) -> dict[str, float]:
    """Write the running mean of a state's weights as a checkpoint.

    Parameters
    ----------
    state_path
        A state of any version.
    target
        The checkpoint to write.
    data, cache
        Songs to be measured by, the held-out ones of this folder, and a file to keep their rows
        in; nothing is measured if there is no folder.
    overwrite
        Whether an existing file may be replaced.

    Returns
    -------
    dict
        The checkpoint's metadata: step, and the figures if it was measured.

    Raises
    ------
    SynthError
        If the state cannot be read or is another model's, or the checkpoint cannot be written.
    """
    check_writable(target, overwrite=overwrite)
    state = load_state(state_path)
    described = state.identity
    training: dict[str, Any] = described.get("settings", described)
    try:
        model = RowTransformer(_read_sizes(training))
        model.load_state_dict(state.average or state.model)
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise ChipgenError(f"{state_path} is no state of a training of {NAME}") from error
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
    sizes = training.get("network") or training.get("model")
    if not isinstance(sizes, dict) or training.get("model", NAME) not in (NAME, sizes):
        raise ValueError("another model's settings")
    sizes = dict(sizes)
    if "copying" in sizes:
        sizes["copy"] = sizes.pop("copying")
    return read_config(sizes)
