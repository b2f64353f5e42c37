"""`chipgen devices`: lists the sound devices for `chipgen play`."""

import click

from chipgen.cli.command import Command
from chipgen.cli.json_output import echo_json, json_option
from chipgen.printable import echo


@click.command(cls=Command, epilog="\b\nExample:\n  chipgen devices")
@json_option
def command(as_json: bool) -> None:
    """List the sound devices that can play; the default one is starred.

    Give the number, or a part of the name that no other has, to chipgen play --device.
    """
    from synth.errors import SynthError
    from synth.output.playback import NO_DEVICE, list_devices

    devices = list_devices()
    if as_json:
        echo_json(devices)
        return
    if not devices:
        raise SynthError(NO_DEVICE)
    for device in devices:
        echo(
            f"{'*' if device.is_default else ' '}{device.index:3d}  {device.name}  "
            f"({device.host}, {device.channels} channels, {device.rate_hz} Hz)"
        )
