"""`chipgen devices`: lists the sound devices for `chipgen play`."""

import click

from chipgen.printable import echo


@click.command(epilog="\b\nExample:\n  chipgen devices")
def command() -> None:
    """List the sound devices that can play; the default one is starred.

    Give the number, or a part of the name that no other has, to chipgen play --device.
    """
    from synth.output.playback import list_devices

    for device in list_devices():
        echo(
            f"{'*' if device.is_default else ' '}{device.index:3d}  {device.name}  "
            f"({device.host}, {device.channels} channels, {device.rate_hz} Hz)"
        )
