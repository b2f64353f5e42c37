"""`chipgen live`: plays the chip from a MIDI keyboard."""

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import click

from chipgen.cli.command import Choice, Command
from chipgen.cli.options import asked, request_options
from chipgen.errors import ChipgenError
from chipgen.printable import echo
from chipgen.request.output_fields import RateFields
from chipgen.request.sound_fields import PresetFields
from synth.extras import MissingExtraError, needs_extra
from synth.output.audioformats import USUAL_RATE_HZ
from synth.whole_number import parse_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synth import Synth

MAX_BLOCK_S: Final = 0.010
MODES: Final = ("mono", "poly", "arp")
WAIT_S: Final = 0.05
THROUGH: Final = "midi through"  # ALSA's own loop, which nobody plays

NO_PORTS: Final = (
    "no MIDI port was found; connect a keyboard and switch it on (on Linux its ports need "
    "ALSA's sequencer: modprobe snd-seq)"
)


@click.command(
    cls=Command,
    epilog="""\b
Examples:
  chipgen live --list
  chipgen live --preset bright --mode poly
  chipgen live --port keystation --device headphones
""",
)
@click.option("--list", "list_ports", is_flag=True, help="List the MIDI ports and stop.")
@click.option("--port", metavar="NAME", help="Number or part of the name of a MIDI port.")
@request_options(PresetFields)
@click.option(
    "--mode",
    type=Choice(MODES),
    default="mono",
    show_default=True,
    help="Several keys on a channel: the newest, both pulses (channel 1), or an arpeggio.",
)
@click.option(
    "--device", metavar="NAME", help="Number or part of the name (chipgen devices) of a device."
)
@request_options(RateFields)
def command(
    list_ports: bool, port: str | None, mode: str, device: str | None, **options: Any
) -> None:
    """Play the chip from a MIDI keyboard; Ctrl-C stops.

    Channels 1 to 4 play pulse 1, pulse 2, triangle and noise, channel 10 the drums. The wheels,
    volume (CC 7, 11), the sustain pedal and program changes work as usual.
    """
    names = input_ports()
    if list_ports:
        for index, name in enumerate(names):
            echo(f"{index:3d}  {name}")
        return
    chosen = find_port(names, port)
    from synth import Synth

    request = asked(options)
    synth = Synth(request.preset, rate_hz=request.rate_hz or USUAL_RATE_HZ, mode=mode)
    play_port(chosen, synth, device)


def input_ports() -> list[str]:
    """List the MIDI ports that can be heard.

    Raises
    ------
    ChipgenError
        If there is none, or what reads them is missing.
    """
    import mido

    try:
        with needs_extra("live", "playing from a MIDI keyboard"):
            names: list[str] = list(dict.fromkeys(mido.get_input_names()))
    except MissingExtraError:
        raise
    except Exception as error:  # each of mido's backends has errors of its own
        raise ChipgenError(f"{NO_PORTS} ({' '.join(str(error).split())})") from error
    if not names:
        raise ChipgenError(NO_PORTS)
    return names


def find_port(names: list[str], wanted: str | None) -> str:
    """Find a port by number, by part of its name, or the only one for None.

    Raises
    ------
    ChipgenError
        If none fits, or more than one.

    Examples
    --------
    >>> find_port(["Midi Through 14:0", "Keystation 20:0"], None)
    'Keystation 20:0'
    >>> find_port(["Keystation A", "Keystation B"], "b")
    'Keystation B'
    """
    if wanted is None:
        found = [name for name in names if THROUGH not in name.lower()] or names
    elif (number := parse_whole(wanted)) is not None:
        found = names[number : number + 1]
    else:
        exact = [name for name in names if name.lower() == wanted.lower()]
        found = exact or [name for name in names if wanted.lower() in name.lower()]
    if len(found) == 1:
        return found[0]
    choice = ", ".join(f"{names.index(name)} {name}" for name in found or names)
    what = "there are several MIDI ports" if wanted is None else f"MIDI port {wanted!r} "
    if wanted is not None:
        what += "fits more than one" if found else "is none of those there are"
    raise ChipgenError(f"{what}; choose one with --port: {choice}")


def block_frames(rate_hz: int) -> int:
    """Return how many frames the device asks for at a time: at most 10 ms, a power of two.

    Examples
    --------
    >>> block_frames(44_100)
    256
    """
    return int(2 ** (int(rate_hz * MAX_BLOCK_S).bit_length() - 1))


def play_port(name: str, synth: "Synth", device: str | None) -> None:
    """Play what comes from a MIDI port, until it closes or Ctrl-C."""
    import mido

    from synth.output.playback import open_output

    hands = _Hands(synth)
    frames = block_frames(synth.rate_hz)
    with open_output(synth.rate_hz, frames, hands.fill, device) as output:
        try:
            port = mido.open_input(name, callback=hands.take)
        except Exception as error:  # as above
            reason = " ".join(str(error).split())
            raise ChipgenError(f"MIDI port {name!r} cannot be opened ({reason})") from error
        with port:
            echo(
                f"{name} plays {synth.preset.name}; a block lasts "
                f"{1000 * frames / synth.rate_hz:.1f} ms, the device adds "
                f"{1000 * output.latency:.1f} ms; Ctrl-C stops",
                err=True,
            )
            try:
                while not port.closed and not hands.failed.is_set():
                    time.sleep(WAIT_S)
            except KeyboardInterrupt:
                echo(err=True)
    if hands.failure is not None:
        raise hands.failure
    if hands.underruns:
        echo(
            f"chipgen: the sound was interrupted {hands.underruns} times; "
            "the machine was too busy, try a lower --rate",
            err=True,
        )


class _Hands:
    """What one thread hears from the port, given to the synthesizer by the sound device's."""

    def __init__(self, synth: "Synth") -> None:
        self._synth = synth
        self._waiting: deque[bytes] = deque()
        self.failed = threading.Event()
        self.failure: Exception | None = None
        self.underruns = 0

    def take(self, message: Any) -> None:
        self._waiting.append(bytes(message.bytes()))

    def fill(self, out: "NDArray[Any]", frames: int, _time: Any, status: Any) -> None:
        messages = [(self._waiting.popleft(), 0.0) for _ in range(len(self._waiting))]
        self.underruns += bool(status.output_underflow)
        try:
            out[:] = self._synth.process(messages, frames)  # one channel is heard on all
        except Exception as error:
            out[:] = 0.0
            self.failure = error
            self.failed.set()
