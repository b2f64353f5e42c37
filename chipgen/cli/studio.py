"""`chipgen studio`: runs the studio, which composes and plays in the browser."""

import click

from chipgen.cli.command import Command, WholeNumber
from chipgen.printable import echo


@click.command(
    cls=Command,
    epilog="""\b
Examples:
  chipgen studio
  chipgen studio --port 9000 --no-browser

The studio is for one person at a desk: it answers this machine alone, unless
--host names another address (0.0.0.0 answers all, without any password).
""",
)
@click.option(
    "--port",
    type=WholeNumber(0, 65_535),
    metavar="N",
    default=8765,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--no-browser", is_flag=True, help="Print the address without opening a browser.")
def command(port: int, host: str, no_browser: bool) -> None:
    """Open the studio in the browser; Ctrl-C ends it.

    Open a seed, listen while the model continues it, edit the sound, and export files.
    """
    from synth.extras import require_extra

    require_extra("studio", "the studio")
    from chipgen.studio.launch import serve
    from chipgen.studio.origin_check import is_loopback

    def told(address: str) -> None:
        if not is_loopback(host):
            echo("note: anyone who can reach this machine can use the studio", err=True)
        echo(f"chipgen studio is at {address} (Ctrl-C ends it)", err=True)
        if not no_browser:
            import webbrowser

            webbrowser.open(address)

    serve(host, port, told)
