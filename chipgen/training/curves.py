"""Logs a training's metrics to `metrics.jsonl` and to TensorBoard."""

import json
from pathlib import Path
from typing import Any, Final

from chipgen.errors import ChipgenError
from chipgen.printable import echo, printable
from synth.atomic_write import write_bytes
from synth.extras import MissingExtraError, require_extra
from synth.fileformat import read_regular

_MOST_BYTES: Final = 1 << 28


class Curves:
    """Keeps the figures of a run; a resumed run drops what it is about to measure again.

    Parameters
    ----------
    folder
        The run's folder: `metrics.jsonl` and `curves/` are written there.
    stage
        Name of the stage of training, the first part of each curve's name.
    step
        The last step that is kept; later lines of an earlier sitting go.
    """

    def __init__(self, folder: Path, stage: str, step: int) -> None:
        self._path = folder / "metrics.jsonl"
        self._stage = stage
        kept = [
            entry
            for entry in read_metrics(folder)
            if entry["stage"] != stage or (step and entry["step"] <= step)
        ]
        text = "".join(f"{json.dumps(entry)}\n" for entry in kept)
        write_bytes(self._path, text.encode(), overwrite=True)
        self._writer = _open_tensorboard(folder / "curves", step + 1)

    def log(self, step: int, figures: dict[str, float]) -> None:
        """Write the figures of a step."""
        entry = {"stage": self._stage, "step": step, **figures}
        with self._path.open("a") as file:
            file.write(json.dumps(entry) + "\n")
        if self._writer is not None:
            for name, value in figures.items():
                self._writer.add_scalar(f"{self._stage}/{name}", value, step)
            self._writer.flush()

    def close(self) -> None:
        """Finish writing."""
        if self._writer is not None:
            self._writer.close()


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of a run's `metrics.jsonl`, oldest first; a last line cut short is left out.

    Raises
    ------
    ChipgenError
        If another line is damaged; the message names it.
    SynthError
        If it is no file, or cannot be read.
    """
    path = folder / "metrics.jsonl"
    if not path.exists():
        return []
    text = read_regular(path, "run's figures", _MOST_BYTES)
    entries = []
    for number, line in enumerate(text[: text.rfind(b"\n") + 1].splitlines(), 1):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            entry = None
        if not _is_entry(entry):
            raise ChipgenError(f"{path}:{number} is no line of a run's figures; remove it")
        entries.append(entry)
    return entries


def _is_entry(entry: Any) -> bool:
    """Tell whether what a line says is of a run: a stage's name and numbers."""
    return (
        isinstance(entry, dict)
        and {"stage", "step"} <= set(entry)
        and all(
            isinstance(value, str if name == "stage" else int | float)
            for name, value in entry.items()
        )
    )


def _open_tensorboard(folder: Path, first_step: int) -> Any:
    try:
        require_extra("train", "drawing curves", "torch.utils.tensorboard")
    except MissingExtraError as error:
        echo(f"note: {error}; the figures are in metrics.jsonl all the same", err=True)
        return None
    from torch.utils.tensorboard import SummaryWriter

    try:
        return SummaryWriter(str(folder), purge_step=first_step)
    except UnicodeError:  # it knows no other names
        name = printable(str(folder))
        echo(f"note: {name} is no UTF-8, so no curves for TensorBoard are written", err=True)
        return None
