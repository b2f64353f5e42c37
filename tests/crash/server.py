"""Runs commands of chipgen, each in a child of this process, which has loaded what they need.

A line of standard input is a JSON list: a folder, the file for what the command prints, and its
words. The answer is a line with its exit code.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import signal
import sys
from typing import Final

LIMIT_S: Final = 300
LIBRARIES: Final = (
    "chipgen.app.pipeline", "chipgen.app.batch_runner", "chipgen.composing",
    "chipgen.models.registry", "chipgen.plot.picture", "chipgen.music.formats", "soundfile", "tqdm",
    "synth.output.delivery", "synth.tracker.famistudio", "synth.kernels.library",
    "chipgen.models.row_transformer.inference", "matplotlib.backends.backend_agg",
    "chipgen.training.train_tonnetz_lstm", "chipgen.training.train_row_transformer",
    "chipgen.training.export_state", "chipgen.app.audio_dataset", "pyloudnorm",
    "tensorboard.summary.writer.record_writer", "tensorboard.compat.proto.event_pb2",
    "lightning_fabric.loggers",
)  # fmt: skip


def main() -> None:
    """Answer lines until there are no more."""
    from chipgen.cli.main import COMMANDS

    for name in (*(module for module, _ in COMMANDS.values()), *LIBRARIES):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    with contextlib.suppress(ImportError):
        _draw_once()
    gc.freeze()  # so that children do not copy what they only look at
    for line in sys.stdin:
        folder, told, *words = json.loads(line)
        child = os.fork()
        if not child:
            _run(folder, told, words)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _draw_once() -> None:
    """Let matplotlib find its fonts, which takes longer than any picture here."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().set_title("a")
    FigureCanvasAgg(figure).draw()


def _run(folder: str, told: str, words: list[str]) -> None:
    """Run a command, and end this process as it ends."""
    from chipgen.cli.main import main as run

    signal.alarm(LIMIT_S)
    os.chdir(folder)
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor, opened in ((0, nothing), (1, output), (2, output)):
        os.dup2(opened, descriptor)
    sys.argv = ["chipgen", *words]
    code: object = 0
    try:
        run()
    except SystemExit as stop:
        code = stop.code
    # What Python does when it ends, but for taking all modules apart, which takes longest.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    main()
