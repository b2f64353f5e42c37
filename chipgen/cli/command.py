"""Commands and options of one manner: grouped help, hidden old names, -q and -v, near misses."""

import contextlib
import difflib
import logging
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from chipgen.printable import echo, echo_lines

FILES: Final = "Files"
GENERAL: Final = "General"
_USUAL: Final = "Options"
_EXAMPLES: Final = 2  # that the short help shows
_FEW: Final = 16  # parameters that fit on a screen with their whole help
_QUIET: Final = "chipgen.quiet"
_HELD: Final = "chipgen.held"


class Option(click.Option):
    """An option with its place in the help.

    Parameters
    ----------
    group
        Heading that the help lists it under.
    short
        What it does in a few words, for the short help; empty leaves it to ``--help-all``. It may
        name the command's ``{default}``.
    aliases
        Old names, which still work and are not shown.
    """

    def __init__(
        self,
        *args: Any,
        group: str = _USUAL,
        short: str = "",
        aliases: Sequence[str] = (),
        **settings: Any,
    ) -> None:
        self.group = group
        self.short = short
        self.aliases = tuple(aliases)
        super().__init__(*args, **settings)

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Add the option with its old names."""
        shown = self.opts
        self.opts = [*shown, *self.aliases]
        try:
            super().add_to_parser(parser, ctx)
        finally:
            self.opts = shown


def option(*names: str, **settings: Any) -> Callable[[Any], Any]:
    """Return a decorator that adds an `Option`; ``click.option`` tells its settings."""
    return click.option(*names, cls=Option, **settings)


class Command(click.Command):
    """A command whose ``--help`` fits a screen where it has many options."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.params += _general_options()

    def get_help_option_names(self, _ctx: click.Context) -> list[str]:
        """Return ``-h`` and ``--help``, whichever command this one is reached through."""
        return ["-h", "--help"]

    @property
    def has_short_help(self) -> bool:
        """Whether ``--help`` shows a part of what ``--help-all`` shows."""
        return len(self.params) > _FEW and any(getattr(param, "short", "") for param in self.params)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return ``--help``, listed among the general options."""
        found = super().get_help_option(ctx)
        if found is not None:
            found.help, found.callback = "Show this.", _show_help
        return found

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the command does: its first paragraph, or all of it."""
        whole = self.help
        if _is_short(self, ctx) and whole:
            self.help = whole.split("\n\n")[0]
        try:
            super().format_help_text(ctx, formatter)
        finally:
            self.help = whole

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under their headings."""
        short = _is_short(self, ctx)
        groups: dict[str, list[tuple[str, str]]] = {FILES: [], _USUAL: []}
        for param in self.get_params(ctx):
            if isinstance(param, click.Argument):
                continue
            is_help = not isinstance(param, Option) and "--help" in param.opts
            record = param.get_help_record(ctx)
            brief = getattr(param, "short", "").format(default=param.get_default(ctx))
            if record is None or (short and not brief and (is_help or isinstance(param, Option))):
                continue
            group = getattr(param, "group", GENERAL if is_help else _USUAL)
            line = (record[0], brief) if short and brief else record
            groups.setdefault(group, []).append(line)
        groups = {name: lines for name, lines in groups.items() if lines}
        if short:
            _write_closely(formatter, groups)
            return
        for name, lines in groups.items():
            with formatter.section(name):
                formatter.write_dl(lines)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples: a few of them, or all, and the formats."""
        whole = self.epilog
        if _is_short(self, ctx) and whole:
            lines = whole.splitlines()
            title = f"Examples (all options: {ctx.command_path} --help-all):"
            self.epilog = "\n".join(["\b", title, *lines[2 : 2 + _EXAMPLES]])
        try:
            super().format_epilog(ctx, formatter)
        finally:
            self.epilog = whole


class Group(click.Group):
    """A command of commands; a mistyped one is told the nearest."""

    command_class = Command

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return ``--help``, which prints as everything here does."""
        found = super().get_help_option(ctx)
        if found is not None:
            found.callback = _show_help
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first word names."""
        name = args[0]
        if not ctx.resilient_parsing and self.get_command(ctx, name) is None and name[:1] != "-":
            known = self.list_commands(ctx)
            near = difflib.get_close_matches(name[:64].lower(), known, 1)
            likely = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise click.UsageError(f"no command is called {name[:64]!r}; {likely}", ctx)
        return super().resolve_command(ctx, args)


class WholeNumber(click.IntRange):
    """A whole number in a range."""

    name = "whole number"


class Number(click.FloatRange):
    """A number in a range."""

    name = "number"


class Choice(click.Choice[str]):
    """A choice of texts; a mistyped one is told the nearest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the choice that a text is."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            near = difflib.get_close_matches(str(value)[:64].lower(), self.choices, 1)
            likely = f" Did you mean {near[0]}?" if near else ""
            raise click.BadParameter(f"{error.message}{likely}", ctx, param) from None


class OutputFolder(click.Path):
    """A folder that is written to; ``-`` is none."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the folder's path."""
        if str(value) == "-":
            self.fail("standard output takes one file, and this writes several: name a folder")
        return super().convert(value, param, ctx)


OUTPUT_FOLDER: Final = OutputFolder()


def with_nearest(error: click.NoSuchOption) -> click.NoSuchOption:
    """Return the error of a mistyped option with the option that is nearest, old names aside."""
    context = error.ctx
    params = [] if context is None else context.command.get_params(context)
    known = [name for param in params for name in param.opts if name.startswith("--")]
    near = difflib.get_close_matches(error.option_name[:64], known, 1)
    return click.NoSuchOption(error.option_name, possibilities=near, ctx=context)


def subcommands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Yield each command with its words: those below it where it is a group, else itself."""
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            below = command.get_command(click.Context(command), name)
            if below is not None:
                yield from subcommands(below, f"{path} {name}")
    else:
        yield path, command


def is_quiet() -> bool:
    """Return whether ``-q`` was given: then nothing is told but results and errors."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(_QUIET))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, whose plural ends in *s*."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def status(line: str) -> None:
    """Tell on standard error what was done; nothing with ``-q``."""
    context = click.get_current_context(silent=True)
    held = None if context is None else context.meta.get(_HELD)
    if held is not None:
        held.append(line)
    elif not is_quiet():
        echo(line, err=True)


@contextlib.contextmanager
def told_at_end() -> Iterator[None]:
    """Hold back what `status` tells of a file until it has been delivered; tell nothing if not."""
    context = click.get_current_context()
    held: list[str] = []
    context.meta[_HELD] = held
    try:
        yield
    finally:
        del context.meta[_HELD]
    for line in held:
        status(line)


def _set_quiet(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        ctx.meta[_QUIET] = True
        logging.getLogger("chipgen").setLevel(logging.ERROR)


def _set_verbose(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        if ctx.meta.get(_QUIET):
            raise click.UsageError("-q and -v contradict each other; give one of them", ctx)
        logging.getLogger("chipgen").setLevel(logging.INFO)


def _show_help(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        echo_lines(ctx.get_help())
        ctx.exit()


def _show_all(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        ctx.meta[_WHOLE] = True
        echo_lines(f"{ctx.get_help()}\n", nl=False)
        ctx.exit()


_WHOLE: Final = "chipgen.whole help"


def _general_options() -> list[click.Parameter]:
    """Return the options that every command has."""
    said: dict[str, Any] = {"is_flag": True, "expose_value": False, "group": GENERAL}
    return [
        Option(
            ["--quiet", "-q"], callback=_set_quiet, is_eager=True,
            help="Print results and errors only.", **said,
        ),
        Option(
            ["--verbose", "-v"], callback=_set_verbose,
            help="Tell of each stage as it ends.", **said,
        ),
        Option(
            ["--help-all"], callback=_show_all, is_eager=True,
            help="Show every option.", **said,
        ),
    ]  # fmt: skip


def _write_closely(
    formatter: click.HelpFormatter, groups: Mapping[str, Sequence[tuple[str, str]]]
) -> None:
    """Write groups of options without lines between them."""
    width = max(len(names) for lines in groups.values() for names, _ in lines)
    formatter.write_paragraph()
    for name, lines in groups.items():
        formatter.write_heading(name)
        for names, text in lines:
            lines_of_text = textwrap.wrap(text, formatter.width - width - 4)
            told = f"\n{'':{width + 4}}".join(lines_of_text)
            formatter.write(f"  {names:<{width}}  {told}\n")


def _is_short(command: Command, ctx: click.Context) -> bool:
    return command.has_short_help and not ctx.meta.get(_WHOLE)
