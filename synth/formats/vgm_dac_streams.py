"""Plays the DAC streams of a VGM: data blocks written to a register at a rate of their own.

References
----------
The VGM specification: "DAC Stream Control Write", "Data block".
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from synth.errors import SynthError
from synth.formats.vgm_tables import TICKS_HZ

MAX_STREAM_WRITES: Final = 20_000_000
NES_CHIP: Final = 0x14  # among the chip types of a stream
_KEEP: Final = 0xFFFF_FFFF  # as a position: go on where the stream stands
_BY_COUNT, _BY_TIME, _TO_END = 1, 2, 3

Write = tuple[float, int, int, int]
"""Tick, which of two chips, register and byte."""


@dataclass(slots=True)
class _Stream:
    chip: int = -1  # which NES APU; none yet
    register: int = 0
    bank: int = -1
    data: bytes = b""
    step: int = 1
    base: int = 0
    frequency_hz: int = 0
    start: int = 0
    length: int = 0
    loops: bool = False
    backwards: bool = False
    running: bool = False
    sent: int = 0
    next_tick: float = 0.0


@dataclass(slots=True)
class Streams:
    """Every stream of a file, and the data they play.

    Attributes
    ----------
    foreign
        Whether a stream plays for another chip, or from data that is compressed.
    """

    banks: dict[int, list[bytes]] = field(default_factory=dict)
    streams: dict[int, _Stream] = field(default_factory=dict)
    n_writes: int = 0
    foreign: bool = False

    def load(self, kind: int, block: bytes) -> None:
        """Add a data block of type 0-$7F; the compressed ones from $40 on are not played."""
        if kind >= 0x40:
            self.foreign = True
        else:
            self.banks.setdefault(kind, []).append(block)

    def command(self, code: int, operands: bytes, tick: int) -> None:
        """Take a command $90-$95."""
        if code == 0x94 and operands[0] == 0xFF:
            for stream in self.streams.values():
                stream.running = False
            return
        stream = self.streams.setdefault(operands[0], _Stream())
        if code == 0x90:
            is_nes = operands[1] & 0x7F == NES_CHIP and operands[3] < 0x18
            stream.chip = operands[1] >> 7 if is_nes else -1
            stream.register = operands[3]
            self.foreign |= not is_nes
        elif code == 0x91:
            stream.bank = operands[1]
            stream.data = b"".join(self.banks.get(stream.bank, ()))
            stream.step, stream.base = max(operands[2], 1), operands[3]
        elif code == 0x92:
            stream.frequency_hz = int.from_bytes(operands[1:5], "little")
        elif code == 0x93:
            start, mode = int.from_bytes(operands[1:5], "little"), operands[5]
            length = int.from_bytes(operands[6:10], "little")
            if start != _KEEP:
                stream.start = start + stream.base
            if mode & 0xF == _BY_COUNT:
                stream.length = length
            elif mode & 0xF == _BY_TIME:
                stream.length = length * stream.frequency_hz // 1000
            elif mode & 0xF == _TO_END:
                stream.length = max(len(stream.data) - stream.start, 0) // stream.step
            self._start(stream, tick, loops=bool(mode & 0x80), backwards=bool(mode & 0x10))
        elif code == 0x94:
            stream.running = False
        else:
            bank = self.banks.get(stream.bank, [])
            number = operands[1] | operands[2] << 8
            if number < len(bank):
                stream.start = sum(map(len, bank[:number])) + stream.base
                stream.length = len(bank[number]) // stream.step
                loops, backwards = bool(operands[3] & 1), bool(operands[3] & 0x10)
                self._start(stream, tick, loops=loops, backwards=backwards)

    def run(self, until: int) -> Iterator[Write]:
        """Give the writes before tick `until`, in the order of time.

        Raises
        ------
        SynthError
            If they are more than 20 million.
        """
        running = [stream for stream in self.streams.values() if stream.running]
        if running:
            yield from heapq.merge(*(self._run(stream, until) for stream in running))

    def _run(self, stream: _Stream, until: int) -> Iterator[Write]:
        pace = TICKS_HZ / stream.frequency_hz
        due = max(0, int((until - stream.next_tick) / pace) + 1)
        due = due if stream.loops else min(due, stream.length - stream.sent)
        if self.n_writes + due > MAX_STREAM_WRITES:
            raise SynthError("its streamed samples are more than 20 million writes")
        while stream.running and stream.next_tick < until:
            place = stream.sent if not stream.backwards else stream.length - 1 - stream.sent
            at = stream.start + place * stream.step
            if at < len(stream.data):
                self.n_writes += 1
                yield stream.next_tick, stream.chip, stream.register, stream.data[at]
            stream.next_tick += pace
            stream.sent += 1
            if stream.sent >= stream.length:
                stream.sent = 0
                stream.running = stream.loops

    def _start(self, stream: _Stream, tick: int, *, loops: bool, backwards: bool) -> None:
        self.foreign |= stream.chip < 0
        stream.loops, stream.backwards = loops, backwards
        stream.sent, stream.next_tick = 0, float(tick)
        stream.running = (
            stream.chip >= 0 and stream.frequency_hz > 0 and stream.length > 0 and bool(stream.data)
        )
