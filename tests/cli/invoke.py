"""Calls one command with our own errors let through."""

from click.testing import CliRunner, Result


def run(command: object, *arguments: object) -> Result:
    """Run a command with standard error apart, letting our own errors through."""
    return CliRunner().invoke(
        command,  # type: ignore[arg-type]
        [str(argument) for argument in arguments],
        catch_exceptions=False,
    )
