"""`chipgen examples`: lists and copies the example seeds."""

from pathlib import Path

import click

from chipgen.app.examples import EXAMPLES, PREFIX, example_path
from chipgen.cli.command import FILES, OUTPUT_FOLDER, Command, option, status
from chipgen.cli.json_output import echo_json, json_option
from chipgen.cli.options import force_option
from chipgen.printable import echo


@click.command(
    cls=Command,
    epilog="""\b
Examples:
  chipgen examples
  chipgen examples seed groove -o .
  chipgen render example:seed -o out.wav
""",
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@option(
    "--output", "-o", metavar="DIR", group=FILES,
    type=OUTPUT_FOLDER,
    help="Copy the examples named, or all, into this folder; it is made if missing.",
)  # fmt: skip
@force_option
@json_option
def command(names: tuple[str, ...], output: Path | None, force: bool, as_json: bool) -> None:
    """List the example seeds that are installed, or copy them.

    Wherever a command takes a file it takes example:NAME.
    """
    from synth.atomic_write import check_writable, write_bytes
    from synth.temporary_files import output_folder

    paths = {name: example_path(name) for name in names or EXAMPLES}
    if output is None:
        titles = {path.stem: EXAMPLES[path.stem] for path in paths.values()}
        if as_json:
            echo_json([{"name": PREFIX + name, "title": titles[name]} for name in titles])
            return
        for name, title in titles.items():
            echo(f"{PREFIX + name:<18}  {title}")
        return
    targets = {path: output / path.name for path in paths.values()}
    with output_folder(output):
        for target in targets.values():
            check_writable(target, overwrite=force)
        for path, target in targets.items():
            write_bytes(target, path.read_bytes(), overwrite=force)
            status(f"{target}: {EXAMPLES[path.stem]}")
    if as_json:
        echo_json([str(target) for target in targets.values()])
