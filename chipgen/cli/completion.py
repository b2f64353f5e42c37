"""Completes names of presets, models and examples for the shell."""

from collections.abc import Callable
from typing import Any, Final

import click
from click.shell_completion import CompletionItem


def complete_presets(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the shipped presets that begin so; none leaves it to the shell, for files."""
    from synth.instrument.preset_loader import load_preset, preset_names

    names = [name for name in preset_names() if name.startswith(incomplete)]
    found = [CompletionItem(name, help=load_preset(name).description) for name in names]
    return found or [CompletionItem(incomplete, type="file")]


def complete_models(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the shipped models that begin so; none leaves it to the shell, for files."""
    from chipgen.models.registry import MODELS

    found = [
        CompletionItem(name, help=entry.summary)
        for name, entry in MODELS.items()
        if name.startswith(incomplete)
    ]
    return found or [CompletionItem(incomplete, type="file")]


def complete_formats(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the formats that are written and begin so."""
    from chipgen.music.formats import all_formats

    return [
        CompletionItem(row.key, help=row.name)
        for row in all_formats()
        if row.writes and row.key.startswith(incomplete)
    ]


Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

COMPLETE: Final[dict[str, Any]] = {
    "preset": complete_presets,
    "model": complete_models,
    "file_format": complete_formats,
}
"""Completers of the options of a request, by field."""
