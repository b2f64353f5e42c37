"""Turns frames of four voices into register bytes, and writes those that change."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.voices import PULSES, VOICE_BY_NAME
from synth.instrument.modulation import SOFTWARE, SWEEP_OFF
from synth.instrument.voice_frames import VoiceFrames

Bytes = NDArray[np.uint8]

REGISTERS: Final = 16
"""A row of the table is $4000-$400F; $4009 and $400D do nothing and are never written."""

LENGTH: Final = 0x08  # length counter entry 1, 254 half frames; halted, so any will do
HALT_CONSTANT: Final = 0x30  # length counter halted, volume constant (NESdev: APU Envelope)
LENGTH_HALT: Final = 0x20
TIMBRE_BITS: Final = np.uint8(0xC0)  # a pulse's duty
TRIANGLE_ON: Final = 0xFF  # control set and the linear counter full: sounds until it is silenced
TRIANGLE_OFF: Final = 0x80  # control set, the counter reloaded with 0: holds its level, no click
CLOCK_NOW: Final = 0xC0  # 5-step, no interrupt: clocks the units at once (APU Frame Counter)
ALL_VOICES: Final = 0x0F

SEQUENCER: Final = 0x4017
STATUS: Final = 0x4015

# Every store of the driver has its own place in the frame, 8 CPU cycles apart as LDA and STA are,
# so that what one voice does never moves another's writes.
STORE_CYCLES: Final = 8
START_SLOTS: Final = 2
_STEP_UP: Final = 0x87  # sweep on, shift 7: adds the period's high byte, doubled, and bit 7
_STEP_DOWN: Final = 0x8F  # the same, subtracted
_SLOTS: Final = (
    ("write", 0x4000), ("step", 0x4001), ("step", 0x4002), ("step", SEQUENCER),
    ("write", 0x4001), ("write", 0x4002), ("write", 0x4003),
    ("write", 0x4004), ("step", 0x4005), ("step", 0x4006), ("step", SEQUENCER),
    ("write", 0x4005), ("write", 0x4006), ("write", 0x4007),
    ("write", 0x4008), ("write", 0x400A), ("write", 0x400B),
    ("write", 0x400C), ("write", 0x400E), ("write", 0x400F), ("write", SEQUENCER),
)  # fmt: skip

LAST_SLOT: Final = START_SLOTS + len(_SLOTS) - 1  # what comes after all of these has room there


@dataclass(frozen=True, slots=True)
class Writes:
    """Writes of a stretch of frames, in time order; every array has the shape (n,).

    Attributes
    ----------
    frame
        Row of the table each write belongs to.
    offset_cycles
        CPU cycles from the start of that frame.
    address, value
        As in `RegisterLog`.
    """

    frame: NDArray[np.int64]
    offset_cycles: NDArray[np.int64]
    address: NDArray[np.uint16]
    value: Bytes


@dataclass(frozen=True, slots=True)
class Stores:
    """Writes at their cycles, in time order, as in `RegisterLog`; arrays have the shape (n,)."""

    cycle: NDArray[np.int64]
    address: NDArray[np.uint16]
    value: Bytes

    def between(self, first_cycle: int | None, end_cycle: int | None = None) -> "Stores":
        """Return the writes from a cycle on, and before another; None: all on that side."""
        first = 0 if first_cycle is None else int(np.searchsorted(self.cycle, first_cycle))
        last = None if end_cycle is None else int(np.searchsorted(self.cycle, end_cycle))
        part = slice(first, last)
        return Stores(self.cycle[part], self.address[part], self.value[part])

    def merged(self, other: "Stores") -> "Stores":
        """Return these writes and others in time order; of two at a cycle these come first."""
        cycle = np.concatenate((self.cycle, other.cycle))
        order = np.argsort(cycle, kind="stable")
        return Stores(
            cycle[order],
            np.concatenate((self.address, other.address))[order],
            np.concatenate((self.value, other.value))[order],
        )


NO_STORES: Final = Stores(np.zeros(0, np.int64), np.zeros(0, np.uint16), np.zeros(0, np.uint8))


def frame_table(voices: dict[str, VoiceFrames]) -> tuple[Bytes, NDArray[np.bool_]]:
    """Return the bytes of $4000–$400F in each frame, and which must be written unchanged too.

    Parameters
    ----------
    voices
        What each of `VOICES` does in the same n frames.

    Returns
    -------
    tuple
        Two arrays of shape (n, 16).
    """
    count = len(voices["pulse1"].level)
    table = np.zeros((count, REGISTERS), dtype=np.uint8)
    forced = np.zeros((count, REGISTERS), dtype=np.bool_)
    for name in PULSES:
        first, frames = VOICE_BY_NAME[name].register % REGISTERS, voices[name]
        table[:, first] = frames.timbre << 6 | _volume_bits(frames)
        table[:, first + 1] = frames.sweep
        table[:, first + 2] = frames.period & 0xFF
        table[:, first + 3] = LENGTH | frames.period >> 8
        forced[:, first + 3] = frames.strike
        sweeping = frames.sweep != SWEEP_OFF
        forced[:, first + 1] = forced[:, first + 2] = frames.strike & sweeping
    triangle, noise = voices["triangle"], voices["noise"]
    table[:, 8] = np.where(triangle.level > 0, TRIANGLE_ON, TRIANGLE_OFF)
    table[:, 10] = triangle.period & 0xFF
    table[:, 11] = LENGTH | triangle.period >> 8
    table[:, 12] = _volume_bits(noise)
    table[:, 14] = noise.timbre << 7 | noise.period
    table[:, 15] = LENGTH
    forced[:, 15] = noise.strike
    return table, forced


def emit_writes(
    table: Bytes,
    forced: NDArray[np.bool_],
    before: Bytes | None = None,
    *,
    click_free: bool = True,
    clock_each_frame: bool = False,
) -> Writes:
    """Return the writes that take the chip from one row of the table to the next.

    Parameters
    ----------
    table, forced
        As from `frame_table`, shape (n, 16).
    before
        The row that was written last; None switches the chip on and writes everything.
    click_free
        Step a sounding pulse's high byte up or down by its sweep unit, which leaves the phase
        alone, where a write would restart it (the trick is known from Blargg's tests).
    clock_each_frame
        Clock the frame sequencer at each frame, so that hardware envelopes and sweeps keep time
        with the driver.
    """
    start = before is None
    no_climb = np.zeros(len(table), dtype=np.int64)
    previous = np.vstack([(table[:1] if before is None else before[np.newaxis]), table[:-1]])
    changed = (table != previous) | forced
    if start and len(table):
        changed[0] = True
    changed[:, (9, 13)] = False
    for first in (0, 4):  # a sweep has moved the period behind the driver's back
        swept = (previous[:, first + 1] != SWEEP_OFF) & changed[:, first + 1]
        changed[swept, first + 2] = changed[swept, first + 3] = True
    for volume, length in ((0, 3), (4, 7), (12, 15)):  # a length counter that ran may have ended
        halted = (table[:, volume] & LENGTH_HALT) > (previous[:, volume] & LENGTH_HALT)
        changed[halted, length] = True

    steps: list[tuple[NDArray[np.int64], Bytes]] = []  # in the order of the step slots
    for first in (0, 4):
        climb = _steps_of_high_byte(table, previous, forced, first) if click_free else no_climb
        stepped = climb != 0
        changed[stepped, first + 3] = False
        changed[stepped, first + 1] = changed[stepped, first + 2] = True
        which = np.flatnonzero(stepped)
        up = climb[which] > 0
        sweep, low = np.where(up, _STEP_UP, _STEP_DOWN), np.where(up, 0xFF, 0x00)
        clock = np.full(len(which), CLOCK_NOW)
        steps += [(which, data.astype(np.uint8)) for data in (sweep, low, clock)]

    parts: list[tuple[NDArray[np.int64], int, int, Bytes]] = []
    for place, (kind, address) in enumerate(_SLOTS, START_SLOTS):
        if kind == "step":
            which, data = steps.pop(0)
        elif address == SEQUENCER:  # the triangle's gate opens and shuts at a clock
            which = np.flatnonzero(changed[:, 8] | clock_each_frame)
            data = np.full(len(which), CLOCK_NOW, dtype=np.uint8)
        else:
            which = np.flatnonzero(changed[:, address & 0xF])
            data = table[which, address & 0xF]
        parts.append((which, place, address, data))
    if start and len(table):
        first_row = np.zeros(1, dtype=np.int64)
        parts.append((first_row, 0, SEQUENCER, np.array([CLOCK_NOW], dtype=np.uint8)))
        parts.append((first_row, 1, STATUS, np.array([ALL_VOICES], dtype=np.uint8)))
    return _in_order(parts)


def _volume_bits(frames: VoiceFrames) -> NDArray[np.int64]:
    constant = HALT_CONSTANT | frames.level
    return np.where(frames.envelope == SOFTWARE, constant, frames.envelope)


def _steps_of_high_byte(
    table: Bytes, previous: Bytes, forced: NDArray[np.bool_], first: int
) -> NDArray[np.int64]:
    """Return +1 or −1 where a pulse that sounds on moves its high byte by one, else 0."""
    climb = table[:, first + 3].astype(np.int64) - previous[:, first + 3]
    sounds_on = (table[:, first] & 0x1F > 0x10) & (previous[:, first] & 0x1F > 0x10)
    sounds_on &= ~forced[:, first + 3]
    for row in (table, previous):
        sounds_on &= row[:, first + 1] == SWEEP_OFF
    # A pulse whose period is under 8 is silent and must not be swept into sound.
    sounds_on &= (previous[:, first + 3] > LENGTH) | (previous[:, first + 2] >= 8)
    return np.where(sounds_on & (np.abs(climb) == 1), climb, 0)


def _in_order(parts: list[tuple[NDArray[np.int64], int, int, Bytes]]) -> Writes:
    frame = np.concatenate([which for which, _, _, _ in parts])
    slot = np.concatenate([np.full(len(which), place) for which, place, _, _ in parts])
    address = np.concatenate(
        [np.full(len(which), register, dtype=np.uint16) for which, _, register, _ in parts]
    )
    value = np.concatenate([data for _, _, _, data in parts])
    order = np.argsort(frame * (START_SLOTS + len(_SLOTS)) + slot, kind="stable")
    return Writes(frame[order], STORE_CYCLES * slot[order], address[order], value[order])
