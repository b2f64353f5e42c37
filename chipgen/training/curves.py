"""Logs a training's metrics to `metrics.jsonl` and to TensorBoard."""

import json
import os
import socket
import time
from itertools import count
from pathlib import Path
from typing import Any, Final

from chipgen.errors import ChipgenError
from chipgen.printable import echo
from synth.atomic_write import write_bytes
from synth.extras import MissingExtraError, require_extra
from synth.fileformat import read_regular

_MOST_BYTES: Final = 1 << 28
_numbers = count()  # of the event files of this process


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


class _EventFile:
    """A file of events as TensorBoard reads them, each written when it happens.

    TensorBoard's own writer has a thread, whose errors come later and as tracebacks.
    """

    def __init__(self, folder: Path, first_step: int) -> None:
        from tensorboard.compat.proto.event_pb2 import SessionLog
        from tensorboard.summary.writer.record_writer import RecordWriter

        folder.mkdir(exist_ok=True)
        about = (f"{time.time():010.0f}", socket.gethostname(), os.getpid(), next(_numbers))
        path = folder / ".".join(("events.out.tfevents", *map(str, about)))
        self._stream = path.open("xb", buffering=0)
        self._records: Any = RecordWriter(self._stream)
        self._write(step=first_step, file_version="brain.Event:2")
        # What an earlier sitting drew from this step on goes.
        self._write(step=first_step, session_log=SessionLog(status=SessionLog.START))

    def add_scalar(self, name: str, value: float, step: int) -> None:
        """Add a point to a curve."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        point = Summary.Value(tag=name, simple_value=value)
        self._write(step=step, summary=Summary(value=[point]))

    def _write(self, **content: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self._records.write(Event(wall_time=time.time(), **content).SerializeToString())

    def close(self) -> None:
        """Finish writing."""
        self._stream.close()


def _open_tensorboard(folder: Path, first_step: int) -> _EventFile | None:
    try:
        require_extra("train", "drawing curves", "tensorboard")
    except MissingExtraError as error:
        echo(f"note: {error}; the figures are in metrics.jsonl all the same", err=True)
        return None
    return _EventFile(folder, first_step)
