"""Reads VGM and VGZ files.

References
----------
The VGM specification, versions 1.71 and 1.72 (vgmrips.net): header, command lengths, data block
types.
"""

import zlib
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from synth.chip.hardware import NTSC, PAL, Region
from synth.chip.level_trace import is_silent
from synth.chip.register_log import NOT_SOUND, RegisterLog
from synth.errors import SynthError
from synth.formats.chipfile import ChipFile
from synth.formats.log_frames import cut_log
from synth.formats.sample_memory import SampleMemory
from synth.formats.vgm_dac_streams import Streams
from synth.formats.vgm_gd3 import read_gd3
from synth.formats.vgm_tables import (
    CLOCK_FIELDS,
    COMMAND_CHIPS,
    EXTRA_HEADER,
    FIRST_NES_VERSION,
    HEADER_SIZE,
    NES_CLOCK,
    OPERANDS,
    TICKS_HZ,
)

GZIP_MAGIC: Final = b"\x1f\x8b"
MAX_UNPACKED_BYTES: Final = 64 << 20


def read_vgm(
    data: bytes,
    name: str,
    track: int = 1,
    seconds: float | None = None,
    region: str | None = None,
) -> ChipFile:
    """Read the writes of a VGM or VGZ file to the NES APU.

    Parameters
    ----------
    data
        The whole file, gzip-compressed or not.
    name
        What to call the file in messages.
    track
        A VGM file has the one track 1.
    seconds
        How much to take; by default all.
    region
        Not used: a VGM names its chip's clock.

    Returns
    -------
    ChipFile
        With the log, the GD3 titles, and a warning for each thing that is not played. A write's
        cycle is the last that begins before its tick of 1/44,100 s; a stream's writes come at its
        own frequency.

    Raises
    ------
    SynthError
        If this is no VGM, is broken or cut short before any time goes by, writes to no NES APU, or
        has no such track.
    """
    del region
    if track != 1:
        raise SynthError(f"{name}: a VGM file has one track; there is no track {track}")
    data = _unpack(data, name)
    header = _read_header(data, name)
    reader = _Reader(data, name, header)
    reader.run()
    first, second = (reader.log(number, seconds) for number in (0, 1))
    others = [chip for chip in header.chips if chip != "2A03"]
    if others and all(map(is_silent, (first, second))):
        raise SynthError(
            f"{name}: its music is for the {' and '.join(others)}, not played here, and nothing "
            "sounds on the 2A03"
        )
    return ChipFile(
        log=first,
        second=second if header.is_dual else None,
        format=f"VGM {header.version >> 8:x}.{header.version & 0xFF:02x}",
        titles=read_gd3(data, header.gd3_offset, reader.warn),
        chips=header.chips,
        warnings=(*header.warnings, *reader.all_warnings()),
    )


@dataclass(frozen=True, slots=True)
class _Header:
    version: int
    region: Region
    data_offset: int
    gd3_offset: int
    loop_offset: int
    chips: tuple[str, ...]
    warnings: tuple[str, ...]
    is_dual: bool


def _unpack(data: bytes, name: str) -> bytes:
    if not data.startswith(GZIP_MAGIC):
        return data
    whole = bytearray()
    while data.startswith(GZIP_MAGIC):  # a file may have several members; what follows is padding
        unzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        try:
            whole += unzip.decompress(data, MAX_UNPACKED_BYTES - len(whole) + 1)
        except zlib.error as error:
            raise SynthError(f"{name}: the gzip data is damaged; get the file again") from error
        if len(whole) > MAX_UNPACKED_BYTES:
            raise SynthError(f"{name}: the gzip data is longer than 64 MB; get the file again")
        if not unzip.eof:
            raise SynthError(f"{name}: the gzip data is cut short; get the file again")
        data = unzip.unused_data
    return bytes(whole)


def _read_header(data: bytes, name: str) -> _Header:
    if not data.startswith(b"Vgm "):
        raise SynthError(f"{name} is no VGM file (it does not begin with 'Vgm ')")
    if len(data) < 0x40:
        raise SynthError(f"{name}: the VGM header is cut short at {len(data)} bytes")
    version = _u32(data, 0x08)
    relative = _u32(data, 0x34)
    data_offset = 0x34 + relative if relative else 0x40
    if not 0x40 <= data_offset < len(data):
        raise SynthError(
            f"{name}: the VGM data should begin at byte {data_offset}, outside the file"
        )
    extra = _u32(data, EXTRA_HEADER) if version >= 0x170 and data_offset >= 0xC0 else 0
    header_end = min(data_offset, EXTRA_HEADER + extra if extra else HEADER_SIZE)

    def clock(offset: int) -> int:
        return _u32(data, offset) if offset + 4 <= header_end else 0

    warnings = []
    chips = [chip for offset, chip in CLOCK_FIELDS.items() if clock(offset) & 0x3FFF_FFFF]
    if "NES APU" not in chips or version < FIRST_NES_VERSION:
        others = ", ".join(chip for chip in chips if chip != "NES APU") or "no chip"
        raise SynthError(f"{name} drives {others} and no NES APU; only 2A03 music can be read")
    clock_hz = clock(NES_CLOCK) & 0x3FFF_FFFF
    region = min((NTSC, PAL), key=lambda candidate: abs(candidate.clock_hz - clock_hz))
    cents = 1200 * np.log2(region.clock_hz / clock_hz)
    if abs(cents) > 0.1:
        warnings.append(
            f"its clock of {clock_hz} Hz is no NES's; played at {region.clock_hz} Hz, "
            f"{cents:+.1f} cents"
        )
    if clock(NES_CLOCK) & 0x8000_0000:
        chips.append("FDS")
        warnings.append("the FDS expansion sound is not played")
    others = ", ".join(chip for chip in chips if chip not in ("NES APU", "FDS"))
    if others:
        warnings.append(f"not played, as it is no 2A03: {others}")
    gd3, loop = _u32(data, 0x14), _u32(data, 0x1C)
    return _Header(
        version=version,
        region=region,
        data_offset=data_offset,
        gd3_offset=0x14 + gd3 if gd3 else 0,
        loop_offset=0x1C + loop if loop else 0,
        chips=tuple("2A03" if chip == "NES APU" else chip for chip in chips),
        warnings=tuple(warnings),
        is_dual=bool(clock(NES_CLOCK) & 0x4000_0000),
    )


@dataclass(slots=True)
class _Chip:
    """The writes to one NES APU."""

    n_before_loop: int = 0
    ticks: list[float] = field(default_factory=list)
    addresses: list[int] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    memory: SampleMemory = field(default_factory=SampleMemory)

    def write(self, tick: float, register: int, value: int) -> None:
        if 0x4000 + register not in NOT_SOUND:
            self.ticks.append(tick)
            self.addresses.append(0x4000 + register)
            self.values.append(value)


@dataclass(slots=True)
class _Reader:
    """Steps through the commands of one file, gathering what concerns the NES APU."""

    data: bytes
    name: str
    header: _Header
    tick: int = 0
    loop_tick: int | None = None
    chips: tuple[_Chip, _Chip] = field(default_factory=lambda: (_Chip(), _Chip()))
    streams: Streams = field(default_factory=Streams)
    skipped: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def warn(self, message: str) -> None:
        if message not in self.warnings:
            self.warnings.append(message)

    def all_warnings(self) -> tuple[str, ...]:
        skipped = [f"{n} writes to {what} left out" for what, n in self.skipped.items()]
        return (*self.warnings, *skipped)

    def run(self) -> None:
        data, at = self.data, self.header.data_offset
        try:
            while (command := data[at]) != 0x66:
                if at == self.header.loop_offset:
                    self.loop_tick = self.tick
                    for chip in self.chips:
                        chip.n_before_loop = len(chip.ticks)
                at = self._step(command, at)
        except IndexError:
            if not self.tick:
                raise SynthError(
                    f"{self.name}: the VGM data is cut short before its end command"
                ) from None
            self.warn(f"it is cut short after {self.tick / TICKS_HZ:.2f} s, and played so far")
        if self.header.loop_offset and self.loop_tick is None:
            self.warn("its loop point is not at a command; the loop is left out")
        elif self.loop_tick is not None and self.loop_tick >= self.tick:
            self.loop_tick = None
            self.warn("its loop is empty and left out")
        if self.streams.foreign:
            self.warn("streamed samples that are compressed or for another chip are not played")
        stated = _u32(data, 0x18)
        if stated != self.tick:
            self.warn(
                f"its header says {stated / TICKS_HZ:.2f} s but its commands last "
                f"{self.tick / TICKS_HZ:.2f} s; the commands are followed"
            )

    def _step(self, command: int, at: int) -> int:
        data = self.data
        if command == 0xB4:
            self._write_nes(data[at + 1], data[at + 2])
            return at + 3
        if command == 0x61:
            self._wait(data[at + 1] | data[at + 2] << 8)
            return at + 3
        if command in (0x62, 0x63):
            self._wait(735 if command == 0x62 else 882)
            return at + 1
        if 0x70 <= command <= 0x7F:
            self._wait(command - 0x6F)
            return at + 1
        if 0x80 <= command <= 0x8F:
            self._skip("YM2612")
            self._wait(command - 0x80)
            return at + 1
        if command == 0x67:
            return self._data_block(at)
        if command not in OPERANDS:
            raise SynthError(
                f"{self.name}: unknown VGM command ${command:02X} at byte {at}; the file is broken"
            )
        if 0x90 <= command <= 0x95:
            operands = data[at + 1 : at + 1 + OPERANDS[command]]
            if len(operands) < OPERANDS[command]:
                raise IndexError
            self.streams.command(command, operands, self.tick)
        elif command == 0x68:
            self.warn("its sample memory copies (command $68) are not followed")
        else:
            self._skip(COMMAND_CHIPS.get(command, f"an unknown chip (command ${command:02X})"))
        return at + 1 + OPERANDS[command]

    def log(self, number: int, seconds: float | None) -> RegisterLog:
        """Return the writes to the first or the second chip."""
        chip, region = self.chips[number], self.header.region

        def to_cycle(tick: float) -> int:
            return int(tick * region.clock_hz // TICKS_HZ)

        cycle = np.array([to_cycle(tick) for tick in chip.ticks], dtype=np.int64)
        if self.loop_tick:  # what comes before the loop in its very tick is not played again
            before = np.arange(len(cycle)) < chip.n_before_loop
            cycle[before & (cycle == to_cycle(self.loop_tick))] -= 1
        log = RegisterLog(
            cycle=cycle,
            address=np.array(chip.addresses, dtype=np.uint16),
            value=np.array(chip.values, dtype=np.uint8),
            end_cycle=to_cycle(self.tick),
            region=region,
            loop_cycle=None if self.loop_tick is None else to_cycle(self.loop_tick),
            memory=chip.memory.pieces(),
        )
        return cut_log(log, seconds)

    def _wait(self, ticks: int) -> None:
        """Let time go by, and with it the streams."""
        until = self.tick + ticks
        try:
            for tick, chip, register, value in self.streams.run(until):
                self.chips[chip].write(tick, register, value)
        except SynthError as error:
            raise SynthError(f"{self.name}: {error}") from None
        self.tick = until

    def _skip(self, what: str) -> None:
        self.skipped[what] = self.skipped.get(what, 0) + 1

    def _write_nes(self, register: int, value: int) -> None:
        chip = self.chips[register >> 7 if self.header.is_dual else 0]
        if register & 0x80 and not self.header.is_dual:
            self._skip("a second NES APU that the header does not name")
        elif register & 0x7F >= 0x20:
            self._skip("FDS")
        elif register & 0x7F >= 0x18:
            self._skip("NES test registers")
        else:
            chip.write(self.tick, register & 0x7F, value)

    def _data_block(self, at: int) -> int:
        if self.data[at + 1] != 0x66:
            raise SynthError(f"{self.name}: the VGM data block at byte {at} is broken")
        kind = self.data[at + 2]
        chip, size = divmod(_u32(self.data, at + 3), 1 << 31)  # the top bit says which of two
        end = at + 7 + size
        if end > len(self.data):
            raise IndexError
        block = self.data[at + 7 : end]
        if kind == 0xC2:
            self._load(self.chips[chip], int.from_bytes(block[:2], "little"), block[2:])
        elif kind < 0x7F:
            self.streams.load(kind, block)
        else:
            self.warn(f"a data block of type ${kind:02X} is for another chip and left out")
        return end

    def _load(self, chip: _Chip, address: int, block: bytes) -> None:
        if chip.memory.load(address, block) and chip.ticks:
            self.warn("it replaces samples while playing; only the last ones are kept")


def _u32(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 4], "little")
