"""Writes a register log as a VGM or VGZ file."""

import gzip
import struct

import numpy as np

from synth.chip.register_log import RegisterLog
from synth.errors import SynthError
from synth.formats.chipfile import Titles
from synth.formats.vgm_gd3 import gd3_bytes
from synth.formats.vgm_tables import HEADER_SIZE, NES_CLOCK, TICKS_HZ, VERSION


def write_vgm(log: RegisterLog, titles: Titles = Titles()) -> bytes:  # noqa: B008 (frozen)
    """Write a register log as a VGM 1.71 file.

    Parameters
    ----------
    log
        What to write. Each write moves to the next tick of 1/44,100 s.
    titles
        Titles for the GD3 tag.

    Returns
    -------
    bytes
        The file. `gzip.compress(..., mtime=0)` of it is a VGZ.

    Raises
    ------
    SynthError
        If the log is longer than the 27 hours a VGM can count.
    """
    clock_hz = log.region.clock_hz

    # Ticks round up here and down on reading, so that no write slips into the frame before its own.
    def to_tick(cycle: int) -> int:
        return -(-cycle * TICKS_HZ // clock_hz)

    end_tick = to_tick(log.end_cycle)
    if end_tick >= 1 << 32:
        raise SynthError(
            f"a VGM lasts at most 27 hours; this log lasts {log.duration_s / 3600:.1f}"
        )
    body = bytearray()
    for address, memory in log.memory:
        body += struct.pack("<BBBIH", 0x67, 0x66, 0xC2, len(memory) + 2, address) + memory
    ticks = -(-log.cycle * TICKS_HZ // clock_hz)
    n_before_loop = len(log)
    if log.loop_cycle is not None:
        n_before_loop = int(np.searchsorted(log.cycle, log.loop_cycle, side="left"))
    writes = list(
        zip(ticks.tolist(), (log.address & 0xFF).tolist(), log.value.tolist(), strict=True)
    )
    tick = _append_writes(body, writes[:n_before_loop], 0)
    loop_start = None
    if log.loop_cycle is not None:
        loop_tick = to_tick(log.loop_cycle)
        _append_wait(body, loop_tick - tick)
        loop_start = HEADER_SIZE + len(body)
        tick = _append_writes(body, writes[n_before_loop:], loop_tick)
    _append_wait(body, end_tick - tick)
    body.append(0x66)

    gd3 = gd3_bytes(titles)
    header = bytearray(HEADER_SIZE)
    header[0:4] = b"Vgm "
    fields = {
        0x04: HEADER_SIZE + len(body) + len(gd3) - 0x04,
        0x08: VERSION,
        0x14: HEADER_SIZE + len(body) - 0x14,
        0x18: end_tick,
        0x24: round(log.region.frame_hz),
        0x34: HEADER_SIZE - 0x34,
        NES_CLOCK: clock_hz,
    }
    if loop_start is not None:
        fields |= {0x1C: loop_start - 0x1C, 0x20: end_tick - loop_tick}
    for offset, number in fields.items():
        struct.pack_into("<I", header, offset, number)
    return bytes(header + body + gd3)


def vgm_file(log: RegisterLog, titles: Titles) -> tuple[bytes, tuple[str, ...]]:
    """Return `write_vgm`'s file, and that nothing was left out."""
    return write_vgm(log, titles), ()


def vgz_file(log: RegisterLog, titles: Titles) -> tuple[bytes, tuple[str, ...]]:
    """Return `write_vgm`'s file compressed, and that nothing was left out."""
    return compress_vgz(write_vgm(log, titles)), ()


def compress_vgz(vgm: bytes) -> bytes:
    """Compress a VGM into a VGZ, the same bytes every time.

    Examples
    --------
    >>> gzip.decompress(compress_vgz(b"Vgm "))
    b'Vgm '
    """
    return gzip.compress(vgm, compresslevel=9, mtime=0)


def _append_writes(body: bytearray, writes: list[tuple[int, int, int]], tick: int) -> int:
    for at, register, value in writes:
        if at > tick:
            _append_wait(body, at - tick)
            tick = at
        body += bytes((0xB4, register, value))
    return tick


def _append_wait(body: bytearray, ticks: int) -> None:
    while ticks > 0:
        step = min(ticks, 0xFFFF)
        ticks -= step
        if step in (735, 882):
            body.append(0x62 if step == 735 else 0x63)
        elif step <= 16:
            body.append(0x6F + step)
        else:
            body += struct.pack("<BH", 0x61, step)
