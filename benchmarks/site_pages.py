"""Adds generated pages to the documentation site: a hook of mkdocs (see mkdocs.yml).

The reference of commands comes from the commands themselves; the changelog and the notes for
contributors are the files at the root.
"""

import importlib
import re
from pathlib import Path
from typing import Any, Final

import click

import chipgen
from chipgen.cli.command import Option, subcommands
from chipgen.cli.main import COMMANDS

ROOT: Final = Path(__file__).parents[1]
AT_ROOT: Final = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md",
                  "SECURITY.md": "security.md"}  # fmt: skip


def on_files(files: Any, *, config: Any) -> Any:
    """Add the pages that are made rather than written."""
    from mkdocs.structure.files import File

    pages = {"reference/commands.md": command_reference()}
    for name, place in AT_ROOT.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        for other, target in AT_ROOT.items():
            text = text.replace(f"]({other})", f"]({target})")
        pages[place] = text.replace("](docs/", "](").replace("](LICENSE)", "](changelog.md)")
    for place, text in pages.items():
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Let links to files at the root lead to their pages, and put in the table of keywords."""
    markdown = markdown.replace("<!-- keywords -->", keyword_reference())
    for name, place in AT_ROOT.items():
        markdown = markdown.replace(f"](../{name})", f"]({place})")
    return markdown


def keyword_reference() -> str:
    """Return a table of the Python functions' keywords, as their help lists them."""
    told = re.findall(
        r"^(\w+) : (.+), default (.+)\n    (.+)$", chipgen.compose.__doc__ or "", re.MULTILINE
    )
    rows = [
        f"| `{name}` | {_escape(kind)} | `{default}` | {_escape(text)} |"
        for name, kind, default, text in told
    ]
    return "\n".join(["| keyword | type | default | what it does |", "| --- " * 4 + "|", *rows])


def command_reference() -> str:
    """Return a page with every command, its help and its options."""
    lines = ["# Commands", ""]
    for name, (module, summary) in COMMANDS.items():
        lines += [f"## chipgen {name}", "", summary, ""]
        for words, command in subcommands(importlib.import_module(module).command, name):
            lines += [f"### chipgen {words}", ""] if words != name else []
            lines += _describe(words, command)
    return "\n".join(lines) + "\n"


def _describe(words: str, command: click.Command) -> list[str]:
    context = click.Context(command, info_name=f"chipgen {words}")
    usage = " ".join(command.collect_usage_pieces(context))
    text = re.sub(r"\s*\n\s*", " ", (command.help or "").replace("\n\n", "\0")).replace(
        "\0", "\n\n"
    )
    lines = ["```text", f"chipgen {words} {usage}", "```", "", _escape(text), ""]
    groups: dict[str, list[str]] = {}
    for param in command.params:
        if isinstance(param, Option | click.Option) and not param.hidden:
            record = param.get_help_record(context)
            group = getattr(param, "group", "Options")
            if record is not None:
                row = f"| `{record[0].replace('|', chr(92) + '|')}` | {_escape(record[1])} |"
                groups.setdefault(group, []).append(row)
    for group, rows in groups.items():
        lines += [f"**{group}**", "", "| option | what it does |", "| --- | --- |", *rows, ""]
    examples = [line.strip() for line in (command.epilog or "").splitlines()
                if line.strip().startswith(("chipgen ", "cat ", "torchrun "))]  # fmt: skip
    return [*lines, "```text", *examples, "```", ""] if examples else lines


def _escape(text: str) -> str:
    """Return a text whose signs Markdown takes for text."""
    text = re.sub(r"([|\[\]*_])", r"\\\1", " ".join(text.split()))
    return text.replace("<", "&lt;").replace(">", "&gt;")
