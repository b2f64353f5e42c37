"""Starts the processes of a command that works on folders, before the command is imported.

Both import for half a second; so they do it at the same time.
"""

from collections.abc import Sequence
from typing import Final

import click

# A command's words: the module that its processes need.
MODULES: Final[dict[tuple[str, ...], str]] = {
    ("batch",): "chipgen.app.batch_runner",
    ("dataset", "render"): "chipgen.app.audio_dataset",
}
_HELP: Final = {"-h", "--help", "--help-all"}


def prepare_for(words: Sequence[str]) -> None:
    """Start what a command will need, if it works in several processes of this machine.

    Parameters
    ----------
    words
        The command's words and arguments. What is wrong with them is told by the command.
    """
    for command, module in MODULES.items():
        rest = [*words[len(command) :]]
        if tuple(words[: len(command)]) == command and not _HELP.intersection(rest):
            from chipgen.app.worker_processes import default_workers, prepare_processes

            if (_workers(rest) or default_workers()) > 1:
                prepare_processes(module)


def _workers(arguments: list[str]) -> int | None:
    """Return how many processes of this machine are asked for, if any number is."""
    options = [click.Option(["--jobs", "-j"], type=int), click.Option(["--on"])]
    parser = click.Command("", params=[*options], add_help_option=False)
    parser.context_settings = {"ignore_unknown_options": True, "allow_extra_args": True}
    try:
        found = parser.make_context("", arguments).params
    except click.UsageError:
        return 1
    return 1 if found["on"] is not None else found["jobs"]
