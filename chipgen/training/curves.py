"""A run's figures to `metrics.jsonl` and, where it is installed, to TensorBoard."""

import json
from pathlib import Path
from typing import Any

import click


class Curves:
    """Keeps the figures of a run; a resumed run drops what it is about to measure again.

    Parameters
    ----------
    folder
        The run's folder: `metrics.jsonl` and `curves/` are written there.
    stage
        Name of the stage of training, the first part of each curve's name.
    first_epoch
        The first epoch that is going to be logged; later lines of an earlier sitting go.
    """

    def __init__(self, folder: Path, stage: str, first_epoch: int) -> None:
        self._path = folder / "metrics.jsonl"
        self._stage = stage
        lines = self._path.read_text().splitlines() if self._path.exists() else []
        kept = [
            line
            for line in lines
            if (entry := json.loads(line))["stage"] != stage or entry["epoch"] < first_epoch
        ]
        self._path.write_text("".join(f"{line}\n" for line in kept))
        self._writer = _open_tensorboard(folder / "curves", first_epoch)

    def log(self, epoch: int, figures: dict[str, float]) -> None:
        """Write one epoch's figures."""
        entry = {"stage": self._stage, "epoch": epoch, **figures}
        with self._path.open("a") as file:
            file.write(json.dumps(entry) + "\n")
        if self._writer is not None:
            for name, value in figures.items():
                self._writer.add_scalar(f"{self._stage}/{name}", value, epoch)
            self._writer.flush()

    def close(self) -> None:
        """Finish writing."""
        if self._writer is not None:
            self._writer.close()


def _open_tensorboard(folder: Path, first_epoch: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        click.echo(
            'TensorBoard is not installed, so no curves are drawn (pip install "chipgen[train]"); '
            "the figures are in metrics.jsonl all the same",
            err=True,
        )
        return None
    return SummaryWriter(str(folder), purge_step=first_epoch)
