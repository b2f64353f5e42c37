"""Interprets system exclusive messages: resets, drum parts, master volume and tuning.

Addresses are those of "General MIDI 2" and the universal messages (MMA), Roland's GS (SC-55,
SC-88) and Yamaha's XG (MU80) MIDI implementation charts.
"""

from dataclasses import dataclass
from typing import Final, Literal

_UNIVERSAL, _UNIVERSAL_REALTIME = 0x7E, 0x7F
_ROLAND, _YAMAHA = 0x41, 0x43
_GS_MODEL, _GS_SET = 0x42, 0x12
_XG_MODEL: Final = 0x4C
_CENTRE: Final = 64  # of key shifts

System = Literal["gm", "gm2", "gs", "xg"]


@dataclass(frozen=True, slots=True)
class Reset:
    """All parts return to the defaults of a system."""

    system: System


@dataclass(frozen=True, slots=True)
class DrumPart:
    """A channel (0-15) plays drums from now on, or no longer does."""

    channel: int
    drums: bool


@dataclass(frozen=True, slots=True)
class MasterVolume:
    """The whole sounds at a share of its level, 0-1."""

    share: float


@dataclass(frozen=True, slots=True)
class MasterTuning:
    """The whole but for its drums sounds higher; a part that is None stays as it was."""

    cents: float | None = None
    semitones: int | None = None


Meaning = Reset | DrumPart | MasterVolume | MasterTuning


def parse_sysex(data: bytes) -> Meaning | None:
    """Return the meaning of a message; None if chipgen does not use it.

    Parameters
    ----------
    data
        The message without F0 and F7.

    Examples
    --------
    >>> parse_sysex(bytes.fromhex("7e 7f 09 01"))
    Reset(system='gm')
    >>> parse_sysex(bytes.fromhex("41 10 42 12 40 1a 15 01 10"))
    DrumPart(channel=10, drums=True)
    """
    if len(data) >= 4 and data[0] in (_UNIVERSAL, _UNIVERSAL_REALTIME):
        return _universal(data)
    if len(data) >= 8 and data[0] == _ROLAND and data[2:4] == bytes((_GS_MODEL, _GS_SET)):
        return _gs(data[4], data[5], data[6], data[7:-1])
    if len(data) >= 7 and data[0] == _YAMAHA and data[1] >> 4 == 1 and data[2] == _XG_MODEL:
        return _xg(data[3], data[4], data[5], data[6:])
    return None


def _universal(data: bytes) -> Meaning | None:
    kind, sub = data[2], data[3]
    if data[0] == _UNIVERSAL:
        systems: dict[int, System] = {1: "gm", 3: "gm2"}
        return Reset(systems[sub]) if kind == 9 and sub in systems else None
    if kind != 4 or len(data) < 6:
        return None
    value = data[4] | data[5] << 7
    if sub == 1:
        return MasterVolume(value / 16383)
    if sub == 3:
        return MasterTuning(cents=(value - 8192) / 81.92)
    if sub == 4:
        return MasterTuning(semitones=data[5] - _CENTRE)
    return None


def _gs(high: int, middle: int, low: int, values: bytes) -> Meaning | None:
    if ((high, low) == (0x40, 0x7F) and middle == 0) or (high, middle, low) == (0, 0, 0x7F):
        return Reset("gs")
    if high != 0x40 or not values:
        return None
    if middle == 0:
        return _master(low, values, {0x00: "tune", 0x04: "volume", 0x05: "shift"})
    if middle >> 4 == 1 and low == 0x15:
        # Blocks are numbered by importance: 0 is channel 10, then 1-9 and 11-16.
        block = middle & 0xF
        channel = 9 if block == 0 else block - 1 if block <= 9 else block
        return DrumPart(channel, values[0] > 0)
    return None


def _xg(high: int, middle: int, low: int, values: bytes) -> Meaning | None:
    if (high, middle) == (0, 0):
        if low in (0x7E, 0x7F):
            return Reset("xg")
        return _master(low, values, {0x00: "tune", 0x04: "volume", 0x06: "shift"})
    if high == 0x08 and middle < 16 and low == 0x07:
        return DrumPart(middle, values[0] > 0)
    return None


def _master(low: int, values: bytes, names: dict[int, str]) -> Meaning | None:
    name = names.get(low)
    if name == "tune" and len(values) >= 4:  # tenths of a cent in four halves of bytes
        tenths = sum((value & 0xF) << 4 * place for place, value in enumerate(values[3::-1]))
        return MasterTuning(cents=(tenths - 0x400) / 10)
    if name == "volume":
        return MasterVolume(values[0] / 127)
    if name == "shift":
        return MasterTuning(semitones=values[0] - _CENTRE)
    return None
