"""Runs commands: the table of commands, and the one place where errors are reported."""

import _thread
import contextlib
import importlib
import io
import logging
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

import click

from chipgen.cli.command import Group, with_nearest
from chipgen.cli.early_processes import prepare_for
from chipgen.cli.standard_streams import drop_output, open_standard_streams
from chipgen.errors import OutputError, RequestError
from chipgen.printable import echo, flush_output, forget_names, print_any_name
from synth.errors import SynthError, UnknownNameError
from synth.temporary_files import remove_unfinished

# name: (module, one line for the overview). A command's module is imported when it is called, so
# `chipgen --help` answers at once; each has a click command called `command`.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "render": ("chipgen.cli.render", "Turn a seed MIDI into NES music."),
    "generate": ("chipgen.cli.generate", "Compose takes that continue a seed."),
    "arrange": ("chipgen.cli.arrange", "Arrange any MIDI for the chip's four voices."),
    "batch": ("chipgen.cli.batch", "Render a folder of seeds."),
    "play": ("chipgen.cli.play", "Play a file through the speakers."),
    "live": ("chipgen.cli.live", "Play the chip from a MIDI keyboard."),
    "devices": ("chipgen.cli.devices", "List the speakers that play and live can use."),
    "studio": ("chipgen.cli.studio", "Compose, hear and shape music in the browser."),
    "plot": ("chipgen.cli.plot", "Draw a song: its voices and its sound."),
    "preset": ("chipgen.cli.preset", "List, show, validate and begin presets."),
    "export": ("chipgen.cli.export", "Write chip files: VGM, NSF, NES ROM."),
    "info": ("chipgen.cli.info", "Show what is in a file."),
    "examples": ("chipgen.cli.examples", "List and copy the example seeds."),
    "dataset": ("chipgen.cli.dataset", "Prepare and count the training data."),
    "train": ("chipgen.cli.train", "Train a model."),
    "model": ("chipgen.cli.model", "List models; export a training's state."),
    "evaluate": ("chipgen.cli.evaluate", "Measure models and the arranger."),
}


_AGAIN_S: Final = 0.01
_TERMINATED: Final = 128 + 15  # exit code of a run that another program has ended


class _EndedError(Exception):
    """Ctrl-C was pressed, or who read what a command prints has closed the pipe: the cause says."""


@contextlib.contextmanager
def _ends_kept() -> Iterator[None]:
    """Keep from click what it would print a line, or make an exit code, of."""
    try:
        yield
    except (BrokenPipeError, KeyboardInterrupt) as error:
        raise _EndedError from error


class _LazyGroup(Group):
    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with _ends_kept():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> object:
        with _ends_kept():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not ctx.resilient_parsing:
            prepare_for(args)
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@dataclass
class _Run:
    """What is known of a run when it fails.

    Attributes
    ----------
    debug
        Whether tracebacks are shown.
    interrupted
        Whether Ctrl-C was pressed: an import that it breaks off fails in its own way.
    """

    debug: bool = False
    interrupted: bool = False

    def interrupt(self, _signal: int, frame: FrameType | None) -> None:
        """Take Ctrl-C; where Python would ignore the exception, take it again a moment later."""
        self.interrupted = True
        code = None if frame is None else frame.f_code
        in_import = code is not None and code.co_filename.startswith("<frozen importlib")
        if code is not None and (code.co_name == "__del__" or (in_import and code.co_name == "cb")):
            again = threading.Timer(_AGAIN_S, _interrupt_main)
            again.daemon = True
            again.start()
            return
        raise KeyboardInterrupt


def _interrupt_main() -> None:
    """Send Ctrl-C to the main thread, and wake it up if it waits."""
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _set_debug(ctx: click.Context, _option: click.Parameter, value: bool) -> None:
    if value and isinstance(ctx.obj, _Run):
        ctx.obj.debug = True


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with:  chipgen render example:seed -o out.wav",
)
@click.option(
    "--debug", is_flag=True, expose_value=False, callback=_set_debug, is_eager=True,
    help="Show where an error comes from, for a report.",
)  # fmt: skip
@click.version_option(package_name="chipgen", prog_name="chipgen")
def cli() -> None:
    """Turn a seed MIDI into NES music."""


class _Notes(logging.Handler):
    """Tells warnings, such as a damaged file's, as notes on standard error; stages with ``-v``."""

    def emit(self, record: logging.LogRecord) -> None:
        note = "note: " if record.levelno >= logging.WARNING else ""
        echo(f"{note}{record.getMessage()}", err=True)


_NOTES: Final = _Notes()


def main() -> None:
    """Run the command line; exit 0 when done, 1 on bad input, 2 on wrong usage, 130 on Ctrl-C."""
    run = _Run()
    open_standard_streams()
    logger = logging.getLogger("chipgen")
    logger.addHandler(_NOTES)  # the same object: added once
    level = logger.level
    before: dict[signal.Signals, Any] = {}
    try:
        print_any_name()
        if threading.current_thread() is threading.main_thread():
            before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
            signal.signal(
                signal.SIGTERM, lambda *_: sys.exit(_TERMINATED)
            )  # so that half-written files go
            if before[signal.SIGINT] is not signal.SIG_IGN:  # who started us wants us deaf to it
                signal.signal(signal.SIGINT, run.interrupt)
        cli(prog_name="chipgen", standalone_mode=False, obj=run)
        flush_output()
    except SystemExit as stop:
        if stop.code == _TERMINATED:
            remove_unfinished()
        raise
    except BaseException as error:
        sys.exit(_end(error, run))
    finally:
        logger.setLevel(level)
        forget_names()
        for each, handler in before.items():
            if handler is not None:  # it was not Python's
                signal.signal(each, handler)


def _end(error: BaseException, run: _Run) -> int:
    """Say in one line why a run ends, and return its exit code."""
    error = error.__cause__ if isinstance(error, _EndedError) and error.__cause__ else error
    if run.interrupted or isinstance(error, click.Abort | KeyboardInterrupt):
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # there is nothing left to stop
        remove_unfinished()
        if sys.stderr.isatty():
            echo(err=True)  # the terminal has shown ^C
        echo("chipgen: stopped", err=True)
        return 130
    if isinstance(error, BrokenPipeError):  # whoever read has read enough
        drop_output()
        return 0
    if run.debug:
        traceback.print_exception(error)
    if isinstance(error, click.NoSuchOption):
        error = with_nearest(error)
    if isinstance(error, click.ClickException):
        told = io.StringIO()
        error.show(told)
        for line in told.getvalue().splitlines():
            echo(line, err=True)
        return error.exit_code
    if isinstance(error, RequestError | UnknownNameError):  # it cannot be had: wrong usage
        echo(f"Error: {error}", err=True)
        return 2
    if isinstance(error, OutputError):
        drop_output()
    if isinstance(error, SynthError):
        echo(f"chipgen: {error}", err=True)
    elif isinstance(error, OSError) and (error.filename or error.errno):
        echo(f"chipgen: {error.filename or 'system'}: {error.strerror or error}", err=True)
    elif isinstance(error, MemoryError):
        echo("chipgen: there is too little memory for this", err=True)
    else:
        echo(f"chipgen: {_OUR_DEFECT.format(error=f'{type(error).__name__}: {error}')}", err=True)
    return 1


_OUR_DEFECT: Final = (
    "internal error ({error}): this is a defect of chipgen, not of your files. Please report it "
    "with the command, the files and what `chipgen --debug COMMAND ...` prints"
)
