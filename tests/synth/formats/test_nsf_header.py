"""An NSF's header holds what the specification asks, and a hostile one does no harm."""

import contextlib
import struct

import numpy as np

from synth.chip.hardware import PAL
from synth.errors import SynthError
from synth.formats.chipfile import Titles
from synth.formats.nsf_header import header_bytes, read_header
from synth.formats.nsf_read import read_nsf
from synth.formats.nsf_write import write_nsf
from tests.synth.formats.nsf_files import log_of


def test_a_hostile_header_is_read_without_harm() -> None:
    """Random headers before random code neither crash nor hang the reader."""
    rng = np.random.default_rng(3)
    for _ in range(30):
        noise = bytearray(rng.integers(0, 256, 9000, dtype=np.uint8).tobytes())
        noise[:5] = b"NESM\x1a"
        noise[0x7C] = 0
        with contextlib.suppress(SynthError):
            read_nsf(bytes(noise), "noise.nsf", seconds=1.0)


def test_the_header_holds_what_the_specification_asks() -> None:
    """Every header field of a written file, by a parse that shares no code with ours."""
    log = log_of([((0, 1),)] * 30, PAL)
    data, _ = write_nsf(log, Titles("Ünïcode, and much longer than a field", "Me", "", "2024"))
    assert data[:6] == b"NESM\x1a\x01"
    assert (data[6], data[7]) == (1, 1)
    load, init, play = struct.unpack("<HHH", data[8:14])
    assert load == 0x8000
    assert load <= init < 0x9000
    assert load <= play < 0x9000
    assert data[0x0E:0x2E] == b"Unicode, and much longer than a\0"
    assert data[0x2E:0x4E].rstrip(b"\0") == b"Me"
    assert data[0x4E:0x6E].rstrip(b"\0") == b"2024"
    assert struct.unpack("<H", data[0x6E:0x70]) == (16_639,)
    assert struct.unpack("<H", data[0x78:0x7A]) == (19_997,)
    assert data[0x70:0x78] == bytes(8)
    assert data[0x7A] == 1  # PAL
    assert data[0x7B:0x80] == bytes(5)
    assert header_bytes(read_header(data, "x")) == data[:0x80]
