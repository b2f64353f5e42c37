"""Saves and restores the state of a live performance."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from synth.chip.voices import VOICES
from synth.errors import SynthError
from synth.instrument.gain import Ramp
from synth.instrument.live_samples import LiveSamples
from synth.instrument.live_voice import LiveVoice
from synth.instrument.parameters import Parameter
from synth.instrument.performer import Channel, Performer
from synth.instrument.register_writes import REGISTERS, Bytes

MARK: Final = b"chipgen synth 3\n"
_DIGEST_BYTES: Final = 65  # of SHA-256 in hexadecimal, and a line end
_PROBLEM: Final = "this is no saved state of such a synthesizer; make it as the one that was saved"


@dataclass(frozen=True, slots=True)
class Moment:
    """A synthesizer's state from block to block, beside the chip's own.

    Attributes
    ----------
    frame, tick
        Frames processed, and driver calls made.
    row
        Registers as the driver left them; None before its first call.
    values
        Where the parameters stand.
    ramp
        Where the loudness is going.
    performer
        Keys, controllers and voices.
    """

    frame: int
    tick: int
    row: Bytes | None
    values: dict[str, float]
    ramp: Ramp
    performer: Performer


def pack_state(made: str, now: Moment, chip: bytes) -> bytes:
    """Return a moment as a checksum, a line of JSON and the chip's bytes.

    Parameters
    ----------
    made
        Settings that a synthesizer must share for the state to be loaded.
    now
        The moment.
    chip
        From `AudioStream.save_state`.
    """
    head = {
        "made": made,
        "frame": now.frame,
        "tick": now.tick,
        "row": None if now.row is None else now.row.tolist(),
        "values": now.values,
        "ramp": asdict(now.ramp),
        "channels": [asdict(channel) for channel in now.performer.channels],
        "voices": [
            asdict(replace(voice, _ahead=None))
            for voice in (*now.performer.voices, now.performer.overlay)
        ],
        "samples": asdict(now.performer.samples),
    }
    body = json.dumps(head).encode() + b"\n" + chip
    return MARK + hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def unpack_state(
    state: bytes, made: str, mode: str, parameters: Mapping[str, Parameter]
) -> tuple[Moment, bytes]:
    """Return the moment and the chip's bytes that `pack_state` put together.

    Raises
    ------
    SynthError
        If they are not a moment of a synthesizer with this `made`, `mode` and `parameters`.
    """
    body = state[len(MARK) + _DIGEST_BYTES :]
    said = state[len(MARK) : len(MARK) + _DIGEST_BYTES - 1]
    if not state.startswith(MARK) or said != hashlib.sha256(body).hexdigest().encode():
        raise SynthError(_PROBLEM)
    text, _, chip = body.partition(b"\n")
    try:
        head = json.loads(text)
        row = None if head["row"] is None else np.array(head["row"], dtype=np.uint8)
        values = {name: p.check(head["values"][name]) for name, p in parameters.items()}
        now = Moment(
            int(head["frame"]), int(head["tick"]), row, values, Ramp(**head["ramp"]),
            _performer(mode, head),
        )  # fmt: skip
        alike = head["made"] == made and (row is None or row.shape == (REGISTERS,))
    except (KeyError, TypeError, ValueError, OverflowError, SynthError):
        raise SynthError(_PROBLEM) from None
    if not alike:
        raise SynthError(_PROBLEM)
    return now, chip


def _performer(mode: str, head: dict[str, Any]) -> Performer:
    """Make a performer from a saved state."""
    channels = [
        Channel(**{**saved, "held": [(int(k), int(v)) for k, v in saved["held"]]})
        for saved in head["channels"]
    ]
    voices = [
        LiveVoice(
            **{
                **saved,
                **{name: tuple(saved[name]) for name in ("arpeggio", "drum", "before")},
                "heard": {k: [tuple(frame) for frame in v] for k, v in saved["heard"].items()},
            }
        )
        for saved in head["voices"]
    ]
    if len(channels) != 16 or [voice.voice for voice in voices] != [*VOICES, "triangle"]:
        raise ValueError
    samples = LiveSamples(**{**head["samples"], "rank": tuple(head["samples"]["rank"])})
    return Performer(mode, channels, voices[:-1], voices[-1], samples)
