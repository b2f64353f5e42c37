"""Converts a host's messages to events in frames: MIDI bytes and parameter changes."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from synth.errors import SynthError
from synth.instrument.parameters import Parameter, find_parameter
from synth.instrument.performer import check_message


class TimedMessage(Protocol):
    """A message of the mido package, or anything like it."""

    time: float

    def bytes(self) -> Sequence[int]:
        """Return the bytes that go over the wire."""
        ...


Message = TimedMessage | tuple[Sequence[int], float] | tuple[str, float, float]
"""What sounds when: a mido message whose `time` is in seconds, ``(bytes, seconds)``, or
``(parameter name, value, seconds)``."""


@dataclass(frozen=True, slots=True)
class Event:
    """A message and the frame at which it comes.

    Attributes
    ----------
    frame
        Counted from the synthesizer's beginning.
    midi
        The bytes, or none if it turns a parameter.
    parameter, value
        What is turned, and to where.
    """

    frame: int
    midi: bytes = b""
    parameter: str = ""
    value: float = 0.0


def read_messages(
    messages: Iterable[Message],
    rate_hz: int,
    first_frame: int,
    n_frames: int,
    parameters: Mapping[str, Parameter],
) -> list[Event]:
    """Check messages and put them in order of time; those of one frame stay as they are.

    Parameters
    ----------
    messages
        Their seconds count from `first_frame`.
    rate_hz
        Frames a second.
    first_frame, n_frames
        The block.
    parameters
        What there is to be turned.

    Raises
    ------
    SynthError
        If a message is none, or is not within the block.
    """
    events = []
    for message in messages:
        time_s = message_time_s(message)
        frame = math.floor(time_s * rate_hz) if math.isfinite(time_s) else -1
        if not 0 <= frame < n_frames:
            raise SynthError(
                f"a message at {time_s:g} s is not within its block of {n_frames / rate_hz:g} s"
            )
        if isinstance(message, tuple) and len(message) == 3:
            name, value, _ = message
            value = find_parameter(parameters, name).check(value)
            events.append(Event(first_frame + frame, parameter=name, value=value))
        else:
            events.append(Event(first_frame + frame, midi=_midi_bytes(message)))
    return sorted(events, key=lambda event: event.frame)


def message_time_s(message: Message) -> float:
    """Return when a message comes.

    Raises
    ------
    SynthError
        If it is none.
    """
    time_s = message[-1] if isinstance(message, tuple) and message else None
    if time_s is None:
        time_s = getattr(message, "time", None)
    if not isinstance(time_s, int | float):
        raise SynthError(
            f"{message!r:.60} is no message; give a mido message with its time in seconds, "
            "(bytes, seconds), or (parameter name, value, seconds)"
        )
    return float(time_s)


def _midi_bytes(message: Any) -> bytes:
    """Return the bytes of a message that holds MIDI."""
    try:
        if isinstance(message, tuple):
            data, _ = message
            midi = bytes(data)
        else:
            midi = bytes(message.bytes())
    except (TypeError, ValueError, AttributeError):
        raise SynthError(f"{message!r:.60} holds no MIDI bytes") from None
    check_message(midi)
    return midi
