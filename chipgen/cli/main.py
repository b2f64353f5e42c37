"""Command line arguments to a command: the table of commands and the one place errors end."""

import importlib
import logging
import signal
import sys
from typing import Final

import click

from chipgen.errors import RequestError
from chipgen.printable import print_any_name, printable
from synth.errors import SynthError

# name: (module, one line for the overview). A command's module is imported when it is called, so
# `chipgen --help` answers at once; each has a click command called `command`.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "render": ("chipgen.cli.render", "A seed MIDI becomes NES music: the main job."),
    "generate": ("chipgen.cli.generate", "Takes that go on from a seed, as MIDI or sound."),
    "arrange": ("chipgen.cli.arrange", "Any MIDI as the four voices of the chip."),
    "batch": ("chipgen.cli.batch", "A folder of seeds becomes a folder of sound."),
    "play": ("chipgen.cli.play", "Audition a file through the speakers."),
    "live": ("chipgen.cli.live", "Play the chip from a MIDI keyboard."),
    "devices": ("chipgen.cli.devices", "List the speakers that play and live can use."),
    "studio": ("chipgen.cli.studio", "Compose, hear and shape music in the browser."),
    "plot": ("chipgen.cli.plot", "Draw a song: its voices and its sound."),
    "preset": ("chipgen.cli.preset", "List, show, validate and begin presets."),
    "export": ("chipgen.cli.export", "Write chip files: VGM, NSF, NES ROM."),
    "info": ("chipgen.cli.info", "Tell what is in a file."),
    "dataset": ("chipgen.cli.dataset", "Prepare and count the training data."),
    "train": ("chipgen.cli.train", "Train a model."),
    "model": ("chipgen.cli.model", "List models; export a training's state."),
    "evaluate": ("chipgen.cli.evaluate", "Measure models and the arranger."),
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with:  chipgen render seed.mid -o out.wav",
)
@click.version_option(package_name="chipgen", prog_name="chipgen")
def cli() -> None:
    """Turn a seed MIDI into NES music."""


class _Notes(logging.Handler):
    """Tells warnings of the music house, such as a damaged file's, as notes on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(printable(f"note: {record.getMessage()}"), err=True)


_NOTES: Final = _Notes(logging.WARNING)


def main() -> None:
    """Run the command line; exit 0 when done, 1 on bad input, 2 on wrong usage."""
    logging.getLogger("chipgen").addHandler(_NOTES)  # the same object: added once
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that half-written files go
    print_any_name()
    try:
        cli(prog_name="chipgen", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("chipgen: stopped", err=True)
        sys.exit(130)
    except RequestError as error:  # what is asked for contradicts itself: wrong usage
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    except SynthError as error:
        click.echo(printable(f"chipgen: {error}"), err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        click.echo(f"chipgen: {error.filename or 'system'}: {error.strerror or error}", err=True)
        sys.exit(1)
